"""Phone numbers as people write them, and as we keep them."""

import re
from functools import lru_cache

import phonenumbers

# Mobile codes of Ukraine's numbering plan: these need no look into the library's tables.
_UA_MOBILE = re.compile(r"^\+380(?:39|50|63|66|67|68|73|75|77|89|9[1-9])\d{7}$")
_NOT_DIGITS = re.compile(r"\D+")


def normalise_phone(raw: str, region: str = "UA") -> str | None:
    """Return the number in E.164 ("+380671234567"), or None when it is no valid number.

    A number without a country code is read as one of `region`.
    """
    raw = raw.strip()
    if not raw:
        return None
    if _UA_MOBILE.match(raw):
        return raw
    return _parse(raw[:60], region)


@lru_cache(maxsize=20_000)
def _parse(raw: str, region: str) -> str | None:
    candidates = [raw]
    digits = digits_of(raw)
    if not raw.startswith("+"):
        # 380671234567 and 00380671234567 are how storefronts send it.
        candidates.append("+" + digits.removeprefix("00"))
    for candidate in candidates:
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def digits_of(text: str) -> str:
    """Return only the digits of a text."""
    return _NOT_DIGITS.sub("", text)
