"""E-mail addresses as people type them."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MAX_EMAIL = 254


def read_email(typed: str) -> str | None:
    """Return the address in small letters, or None where it is no address."""
    email = typed.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        return None
    return email if len(email) <= MAX_EMAIL else None
