"""What a cell says: values as text, and text that a spreadsheet can't be tricked with."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
# Phones, masked ones too: nothing that could be reckoned with stands in them.
_PHONE = r"\+\d[\d \u00a0()•]*"
_PHONES = re.compile(f"{_PHONE}(, {_PHONE})*")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """Return a text that a spreadsheet takes for text: what would be a formula gets an apostrophe.

    A number and a phone stay as they are: they do nothing.
    """
    if not text.lstrip(" \u00a0").startswith(_FORMULA):
        return text
    return text if _NUMBER.fullmatch(text) or _PHONES.fullmatch(text) else "'" + text


def bare_cell(text: str) -> str:
    """Return the text that `safe_cell` was given."""
    return text[1:] if text.startswith("'") and safe_cell(text[1:]) == text else text


def spell(value: Any) -> str:
    """A value as it stands in a cell: moments in the company's time, decimals with a point."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_cell(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, Decimal)):
        return str(value)
    return safe_cell(str(value))
