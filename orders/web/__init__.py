"""The pages of orders: parse, authorise, one action, a page or a fragment."""
