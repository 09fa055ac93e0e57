"""The owner's page: archives made, and a new one."""
