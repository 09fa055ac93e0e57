"""Saved views of lists: filters under a name, for oneself or for others."""
