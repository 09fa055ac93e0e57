"""A believable store to try the product on: a year of orders, and a morning's work to do."""
