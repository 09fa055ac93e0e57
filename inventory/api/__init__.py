"""The REST API of goods and stock."""
