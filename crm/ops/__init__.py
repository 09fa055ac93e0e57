"""Keeping the service healthy: numbers, logs, backups, and what its operator may do."""
