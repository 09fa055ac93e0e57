"""Every write about webhooks."""
