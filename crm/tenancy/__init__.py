"""Tenants and the walls between them. Imports nothing else of ours (docs/tenancy.md)."""
