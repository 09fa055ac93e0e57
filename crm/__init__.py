"""The ground: tenancy, accounts, audit, outbox, jobs, API base and the web shell."""
