"""The page where a list is exported."""
