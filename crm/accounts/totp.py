"""Codes of an authenticator: RFC 6238 over RFC 4226, six digits for each half minute."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection
from urllib.parse import quote, urlencode

PERIOD = 30
DIGITS = 6
# A code of one step before or after is taken as well: clocks differ (RFC 6238, 5.2).
DRIFT = 1
_SECRET_BYTES = 20  # as long as the hash (RFC 4226, 4)


def new_secret() -> str:
    """Return a fresh secret, in base32 as people type it."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def code_at(secret: str, step: int, *, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    """Return the code of a step (RFC 4226, 5.3)."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, step.to_bytes(8, "big"), algorithm).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_at(seconds: float) -> int:
    """Return the number of the half minute that a moment lies in."""
    return int(seconds) // PERIOD


def find_step(secret: str, code: str, *, seconds: float, after: int = 0) -> int | None:
    """Return the step that a code is of, if it is near now and later than `after`.

    The step of an accepted code is kept and given as `after` next time: a code is good once.
    """
    now = step_at(seconds)
    found = None
    for step in range(now - DRIFT, now + DRIFT + 1):
        # Every step is compared, so that the time taken tells nothing.
        same = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if same and step > after:
            found = step
    return found


def key_uri(secret: str, *, account: str, issuer: str) -> str:
    """Return the address that an authenticator reads out of a QR code."""
    label = f"{quote(issuer)}:{quote(account, safe='@')}"
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"


# --- Recovery codes --------------------------------------------------------------------------

RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as something else
_LENGTH = 12  # 59 bits
_ROUNDS = 60_000


def new_recovery_codes() -> list[str]:
    """Return codes for the day the phone is lost: `abcd-efgh-jkmn`."""
    return [_recovery_code() for _number in range(RECOVERY_CODES)]


def _recovery_code() -> str:
    text = "".join(secrets.choice(_ALPHABET) for _place in range(_LENGTH))
    return "-".join(text[at : at + 4] for at in range(0, _LENGTH, 4))


def clean_code(text: str) -> str:
    """Return a code as it is compared: without the spaces and hyphens people type."""
    return "".join(text.split()).replace("-", "").lower()


def hash_recovery_codes(codes: Collection[str]) -> list[str]:
    """How a person's recovery codes are kept: slowly hashed, with a salt of the set's own."""
    salt = secrets.token_hex(6)
    return [f"{salt}${_hash(clean_code(code), salt)}" for code in codes]


def find_recovery_code(code: str, hashes: Collection[str]) -> str | None:
    """Return the hash among these that is the code's."""
    code = clean_code(code)
    # Codes given out before there were salts.
    made = {"": hashlib.sha256(code.encode()).hexdigest()}
    for kept in hashes:
        salt, _sign, told = kept.rpartition("$")
        if salt not in made:
            made[salt] = _hash(code, salt)
        if hmac.compare_digest(told, made[salt]):
            return kept
    return None


def _hash(code: str, salt: str) -> str:
    digest = hashlib.pbkdf2_hmac("sha256", code.encode(), salt.encode(), _ROUNDS)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
