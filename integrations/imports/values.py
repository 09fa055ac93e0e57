"""Values as people write them in tables. Each raises BadValue for what can't be meant."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

MAX_DIGITS = 15
_SPACES = re.compile(r"[\s  '’]+")
# A number with a currency's sign or word before or after it.
_AMOUNT = re.compile(r"[^\d.,()+\-]*([(+-]?[\d.,]+\)?)[^\d,()+\-]*")
_NUMERIC_DATE = re.compile(
    r"(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*"
    r"([AaPp][Mm])?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_YES = {"1", "yes", "y", "true", "так", "т", "да", "д", "+", "on", "x", "є", "✓"}
_NO = {"0", "no", "n", "false", "ні", "н", "нет", "-", "off", "", "немає"}


class BadValue(ValueError):
    """`code` is "not_a_number", "not_whole", "not_a_date", "not_yes_or_no"."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@lru_cache(maxsize=50_000)
def read_decimal(text: str, mark: str = ".") -> Decimal:
    """Read "1 249,50 ₴", "1,249.50", "1.249,50", "(12.00)" (negative) and the like.

    `mark` is what parts the whole from the rest in this file: 1,249 is one or a thousand.
    """
    plain = _bare(text)
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    dot, comma = plain.rfind("."), plain.rfind(",")
    if dot >= 0 and comma >= 0:
        plain = _drop(plain, "," if dot > comma else ".")
    elif comma >= 0 and (plain.count(",") > 1 or (mark == "." and _is_group(plain, comma))):
        plain = _drop(plain, ",")
    elif dot >= 0 and (plain.count(".") > 1 or (mark == "," and _is_group(plain, dot))):
        plain = _drop(plain, ".")
    try:
        number = Decimal(plain.replace(",", "."))
    except InvalidOperation:
        raise BadValue("not_a_number") from None
    if not number.is_finite() or number.adjusted() > MAX_DIGITS:
        raise BadValue("not_a_number")
    return number


def _bare(text: str) -> str:
    """The digits with their signs alone; "" where other things stand among them."""
    found = _AMOUNT.fullmatch(_SPACES.sub("", text).replace("−", "-"))
    # A stop at the end is the sentence's or the currency's.
    return found[1].rstrip(".,") if found else ""


def _drop(text: str, sign: str) -> str:
    """Without the sign between thousands (or lakhs); "" where it parts no such groups."""
    whole = text.partition("," if sign == "." else ".")[0]
    _head, *groups = whole.split(sign)
    if len(groups) != text.count(sign) or any(len(group) not in {2, 3} for group in groups):
        return ""
    return text.replace(sign, "") if len(groups[-1]) == 3 else ""


def _is_group(text: str, place: int) -> bool:
    """Three digits stand behind the sign, and something that is not nothing before it."""
    return len(text) - place == 4 and text[:place].strip("+-0") != ""


def guess_mark(texts: Iterable[str]) -> str:
    """Say which sign parts the whole from the rest in these numbers."""
    for text in texts:
        plain = _bare(text)
        dot, comma = plain.rfind("."), plain.rfind(",")
        place = max(dot, comma)
        if place < 0:
            continue
        if min(dot, comma) >= 0 or (plain.count(plain[place]) == 1 and not _is_group(plain, place)):
            return plain[place]
    return "."


def read_whole(text: str, mark: str = ".") -> int:
    """Read a whole number; "6.0" and "6,00" are six."""
    number = read_decimal(text, mark)
    if number != number.to_integral_value():
        raise BadValue("not_whole")
    return int(number)


@lru_cache(maxsize=50_000)
def read_moment(text: str, order: str, zone: str) -> datetime:
    """Read a day, with its hour if there is one, in the zone that it was written in.

    `order` ("dmy" or "mdy") tells 03.04.2026 apart; a year that stands first needs no telling.
    """
    found = _NUMERIC_DATE.fullmatch(text.strip())
    if not found:
        raise BadValue("not_a_date")
    one, two, three, hour, minute, second, half, offset = found.groups()
    if len(one) == 4:
        year, month, day = int(one), int(two), int(three)
    elif order == "mdy":
        month, day, year = int(one), int(two), int(three)
    else:
        day, month, year = int(one), int(two), int(three)
    if year < 100:
        year += 2000
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    try:
        moment = datetime.combine(
            date(year, month, day), time(hours, int(minute or 0), int(second or 0))
        )
        if not 1990 <= year <= 2100:
            raise BadValue("not_a_date")
        if offset:
            return datetime.fromisoformat(f"{moment.isoformat()}{offset.replace('Z', '+00:00')}")
    except ValueError:
        raise BadValue("not_a_date") from None
    return moment.replace(tzinfo=ZoneInfo(zone))


def is_moment(text: str) -> bool:
    """Tell whether a text is written like a day."""
    return bool(_NUMERIC_DATE.fullmatch(text.strip()))


def guess_order(texts: list[str]) -> str:
    """Say which of day and month stands first in dates such as 03/04/2026."""
    for text in texts:
        found = _NUMERIC_DATE.fullmatch(text.strip())
        if found and len(found[1]) < 4:
            if int(found[1]) > 12:
                return "dmy"
            if int(found[2]) > 12:
                return "mdy"
    # Slashes with AM and PM are American; else the day stands first nearly everywhere.
    return "mdy" if any(re.search(r"[AaPp][Mm]$", text.strip()) for text in texts) else "dmy"


def read_yes(text: str) -> bool:
    """Read yes or no in the three languages."""
    word = text.strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadValue("not_yes_or_no")
