"""Events written with their cause and delivered at least once (docs/outbox.md)."""
