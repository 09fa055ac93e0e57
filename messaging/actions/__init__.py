"""Every write of this app, one file a group of verbs."""
