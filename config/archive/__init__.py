"""A company's archive: everything of one company in one file, and back (docs/archive.md)."""
