"""WooCommerce: signed webhooks in (see README.md)."""
