"""Long work that people can see, leave and find again."""
