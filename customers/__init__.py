"""Buyers: who they are, how to reach them, and what was said of them."""
