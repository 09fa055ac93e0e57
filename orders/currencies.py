"""Currencies an order may have."""

from crm.currencies import CURRENCIES as CURRENCIES
