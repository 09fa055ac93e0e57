"""Pages of effects that failed."""
