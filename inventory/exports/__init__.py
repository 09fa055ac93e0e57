"""Products, stock and its movements as files."""
