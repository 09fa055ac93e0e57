"""Keys given to the outside carry their tenant, so that a look-up starts inside its wall.

A key reads `kram_<tenant in base 36>_<secret>`. The tenant part is no secret and no proof.
"""

import re
import secrets
import string

PREFIX = "kram"
_DIGITS = string.digits + string.ascii_lowercase
_KEY = re.compile(rf"^{PREFIX}_([0-9a-z]{{1,12}})_([A-Za-z0-9_-]{{20,80}})$")


def make_key(tenant_id: int) -> str:
    """Return a new key for the tenant, with 192 bits of chance."""
    return f"{PREFIX}_{_base36(tenant_id)}_{secrets.token_urlsafe(24)}"


def tenant_of_key(key: str) -> int | None:
    """Return the tenant that a key names, or None when it is not a key of ours."""
    match = _KEY.match(key)
    return int(match[1], 36) if match else None


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
        if not number:
            return digits
