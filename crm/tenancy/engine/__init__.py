"""Django's PostgreSQL backend with tenant keys, row security and a tenant per transaction."""
