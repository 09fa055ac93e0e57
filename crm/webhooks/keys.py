"""Ids that other programs see: they name the company too, so that no two are alike."""

import string

_DIGITS = string.digits + string.ascii_lowercase


def event_id(tenant_id: int | None, pk: int) -> str:
    """The id of an event: in its envelope, in `webhook-id`, in the feed."""
    assert tenant_id is not None
    return f"evt_{_base36(tenant_id)}_{_base36(pk)}"


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
        if not number:
            return digits
