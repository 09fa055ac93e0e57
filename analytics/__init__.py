"""Facts read from below, kept as small tables of totals."""
