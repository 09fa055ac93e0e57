"""Reads of orders that are more than a get; each says its query count."""
