"""The gate for what outside systems send: verified, stored raw, answered, then handled."""
