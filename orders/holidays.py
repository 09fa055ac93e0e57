"""Ukraine's public holidays of a year (Labour Code, article 73, as it stands since 2024)."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
_FIXED: tuple[tuple[int, int, Text], ...] = (
    (1, 1, _("New Year")),
    (3, 8, _("International Women’s Day")),
    (5, 1, _("Labour Day")),
    (5, 8, _("Day of Remembrance and Victory")),
    (6, 28, _("Constitution Day")),
    (7, 15, _("Day of Ukrainian Statehood")),
    (8, 24, _("Independence Day")),
    (10, 1, _("Day of Defenders of Ukraine")),
    (12, 25, _("Christmas")),
)


def easter(year: int) -> date:
    """The Sunday of Easter as Ukraine keeps it: by the Julian calendar (Meeus)."""
    d = (19 * (year % 19) + 15) % 30
    e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7
    month, day = divmod(d + e + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13)


def list_holidays(year: int) -> Iterator[tuple[date, str]]:
    """Return the days and their names in the active language, in the order of the year."""
    sunday = easter(year)
    days = [(date(year, month, day), text) for month, day, text in _FIXED]
    days += [(sunday, _("Easter")), (sunday + timedelta(days=49), _("Trinity"))]
    return ((day, str(text)) for day, text in sorted(days, key=lambda pair: pair[0]))
