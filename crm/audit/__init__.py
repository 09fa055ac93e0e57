"""Who did what: the actor, the append-only audit, and record()."""
