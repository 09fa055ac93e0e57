"""Pages of accounts: signing in and up, the person's own page, members and settings."""
