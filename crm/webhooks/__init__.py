"""Telling other programs: the feed of events and signed webhooks (docs/webhooks.md)."""
