"""Adapters to the outside; nothing below imports them."""
