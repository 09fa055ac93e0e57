"""Every write about connections."""
