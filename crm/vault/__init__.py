"""Secrets kept encrypted in the database, with keys that can be rotated."""
