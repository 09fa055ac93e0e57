"""The REST API of customers."""
