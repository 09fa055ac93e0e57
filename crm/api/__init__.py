"""The base of the REST API: keys, idempotency, problems, pages, limits, ETags, OpenAPI."""
