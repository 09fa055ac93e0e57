"""Fields that a company adds to its orders, customers and products."""
