"""Yesterday's data out of files: orders, customers, products and stock (docs/import.md)."""
