"""The REST API of orders: parse, authorise, one action, serialise."""
