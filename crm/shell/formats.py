"""How money, phones, moments and names look: text in the active language, no HTML."""

import zlib
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

import phonenumbers
from django.utils import formats, timezone
from django.utils.translation import get_language, gettext, ngettext

from crm.accounts.masking import phones_are_hidden

NBSP = "\u00a0"
MINUS = "\u2212"
NONE = "\u2014"
SYMBOLS = {
    "UAH": "₴", "USD": "$", "EUR": "€", "GBP": "£", "PLN": "zł", "CZK": "Kč", "MDL": "L",
    "RON": "lei", "TRY": "₺", "GEL": "₾", "KZT": "₸", "JPY": "¥", "CNY": "CN¥", "CHF": "CHF",
}  # fmt: skip
_NO_CENTS = {"JPY", "KRW"}
HUES = (
    "red", "orange", "yellow", "lime", "green", "teal",
    "cyan", "blue", "indigo", "purple", "pink", "gray",
)  # fmt: skip


def money_text(amount: Decimal | int | None, currency: str, *, whole: bool = False) -> str:
    """Return `1 249,50 ₴` as the active language writes it, with spaces that do not break."""
    if amount is None:
        return NONE
    places = 0 if whole or currency in _NO_CENTS else 2
    value = Decimal(amount).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    number = formats.number_format(value.copy_abs(), places, use_l10n=True, force_grouping=True)
    number = number.replace(" ", NBSP)
    symbol = SYMBOLS.get(currency, currency)
    sign = MINUS if value < 0 else ""
    if (get_language() or "").startswith("en") and not symbol[-1].isalpha():
        return f"{sign}{symbol}{number}"
    return f"{sign}{number}{NBSP}{symbol}"


def number_text(value: Decimal | int | float | None, places: int | None = None) -> str:
    """Return a number with the language's separators; a Decimal loses its trailing zeros."""
    if value is None:
        return NONE
    if places is None and isinstance(value, Decimal):
        value = value.normalize()
        places = max(0, -int(value.as_tuple().exponent))
    size: Decimal | int | float = -value if value < 0 else value
    text = formats.number_format(size, places, use_l10n=True, force_grouping=True)
    return (MINUS if value < 0 else "") + text.replace(" ", NBSP)


def phone_text(phone: str) -> str:
    """Return `+380 50 123 45 67`, masked for a reader who may not see phones whole.

    What is no phone number is returned as it is.
    """
    return mask_phone(phone) if phones_are_hidden() else _phone_text(phone)


def mask_phone(phone: str) -> str:
    """Return `+380 •• ••• 45 67`: enough to know the number again, too little to call it."""
    shown = _phone_text(phone)
    kept = sum(char.isdigit() for char in shown) - 4
    country = len(shown.split(NBSP, 1)[0]) if shown.startswith("+") else 0
    masked = []
    for place, char in enumerate(shown):
        if not char.isdigit():
            masked.append(char)
            continue
        kept -= 1
        masked.append("\u2022" if place >= country and kept >= 0 else char)
    return "".join(masked)


@lru_cache(maxsize=8192)  # parsing one takes longer than printing its whole row
def _phone_text(phone: str) -> str:
    try:
        parsed = phonenumbers.parse(phone, "UA")
    except phonenumbers.NumberParseException:
        return phone
    digits = str(parsed.national_number)
    if parsed.country_code == 380 and len(digits) == 9:
        # As Ukrainians write and say it: the last seven digits in threes and twos.
        text = f"+380 {digits[:2]} {digits[2:5]} {digits[5:7]} {digits[7:]}"
    else:
        text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return text.replace(" ", NBSP)


def phone_link(phone: str) -> str:
    """Return the `tel:` address; nothing for what is no phone number or is masked."""
    return "" if phones_are_hidden() else _phone_link(phone)


@lru_cache(maxsize=8192)
def _phone_link(phone: str) -> str:
    try:
        parsed = phonenumbers.parse(phone, "UA")
    except phonenumbers.NumberParseException:
        return ""
    return "tel:" + phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def full_moment(moment: datetime | date) -> str:
    """Return the whole date, with the time where there is one."""
    if not isinstance(moment, datetime):
        return day_text(moment, year=True)
    local = timezone.localtime(moment)
    return f"{day_text(local.date(), year=True)}, {local:%H:%M}"


def day_text(day: date, *, year: bool) -> str:
    return _day_text(day, year, get_language() or "")


@lru_cache(maxsize=4096)
def _day_text(day: date, year: bool, language: str) -> str:
    pattern = "j M" if language.startswith("en") else "j E"
    return formats.date_format(day, pattern + (" Y" if year else ""))


def short_moment(moment: datetime | date, now: datetime) -> str:
    """Return what a reader needs at a glance: `5 min ago`, `14:32`, `yesterday`, `3 May`."""
    today = timezone.localtime(now).date()
    if not isinstance(moment, datetime):
        return _near_day(moment, today) or day_text(moment, year=moment.year != today.year)
    seconds = (now - moment).total_seconds()
    if 0 <= seconds < 60:
        return gettext("just now")
    if 60 <= seconds < 3600:
        minutes = int(seconds // 60)
        return ngettext("%(n)d min ago", "%(n)d min ago", minutes) % {"n": minutes}
    if -3600 < seconds < 0:
        minutes = int(-seconds // 60) + 1
        return ngettext("in %(n)d min", "in %(n)d min", minutes) % {"n": minutes}
    local = timezone.localtime(moment)
    if local.date() == today:
        return f"{local:%H:%M}"
    near = _near_day(local.date(), today)
    if near:
        return f"{near}, {local:%H:%M}"
    return day_text(local.date(), year=local.year != today.year)


def _near_day(day: date, today: date) -> str:
    if day == today:
        return gettext("today")
    if day == today - timedelta(days=1):
        return gettext("yesterday")
    if day == today + timedelta(days=1):
        return gettext("tomorrow")
    return ""


def duration_text(span: timedelta) -> str:
    """Return the two biggest units: `2 d 4 h`, `3 h 05 min`, `12 min`."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    if days:
        return gettext("%(d)d d %(h)d h") % {"d": days, "h": hours}
    if hours:
        return gettext("%(h)d h %(m)02d min") % {"h": hours, "m": minutes}
    return gettext("%(m)d min") % {"m": minutes}


def initials(name: str) -> str:
    """Return at most two letters that stand for a person."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def hue_of(text: str) -> str:
    """Return the colour name that always belongs to this text."""
    return HUES[zlib.crc32(text.encode()) % (len(HUES) - 1)]
