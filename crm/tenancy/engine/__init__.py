"""Django's PostgreSQL backend with tenant keys, row-level security and the tenant per transaction."""
