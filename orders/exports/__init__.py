"""Orders, their lines and their payments as files."""
