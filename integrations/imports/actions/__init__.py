"""Every write of the imports."""
