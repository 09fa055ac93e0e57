"""Numbers for whoever watches the service (docs/operations.md)."""
