"""Work on many orders at once: what is chosen, what shall be done, what would come of it, and the
jobs that do it and take it back (docs/bulk.md)."""
