"""Working time of a company or a person: is it open, and when do so many minutes end."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Span = tuple[time, time]


@dataclass(frozen=True, slots=True)
class WorkWeek:
    """Days (bit 0 is Monday) and hours of work in a time zone.

    `own` are the hours of days that differ from the usual; on `holidays` nobody works.
    """

    days: int
    start: time
    end: time
    zone: str
    own: Mapping[int, Span] = field(default_factory=dict)
    holidays: Collection[date] = ()

    def is_open(self, moment: datetime) -> bool:
        """Tell whether an aware moment lies in working time."""
        local = moment.astimezone(ZoneInfo(self.zone))
        start, end = self._span(local.date())
        return start <= local.time() < end

    def after(self, moment: datetime, minutes: int) -> datetime:
        """Return the moment when `minutes` of working time have passed since `moment`.

        A week without working time (no day, or no end after its start) runs by the clock.
        """
        if not self._has_time():
            return moment + timedelta(minutes=minutes)
        zone = ZoneInfo(self.zone)
        left = timedelta(minutes=minutes)
        local = moment.astimezone(zone)
        while True:
            start, end = self._span(local.date())
            opens = datetime.combine(local.date(), start, zone)
            closes = datetime.combine(local.date(), end, zone)
            begin = max(local, opens)
            if begin < closes:
                # Absolute time: a day on which the clocks change has its own length.
                room = closes.timestamp() - begin.timestamp()
                if left.total_seconds() <= room:
                    end_at = begin.timestamp() + left.total_seconds()
                    return datetime.fromtimestamp(end_at, zone)
                left -= timedelta(seconds=room)
            local = datetime.combine(local.date() + timedelta(days=1), time(0), zone)

    def _has_time(self) -> bool:
        spans = (
            self.own.get(day, (self.start, self.end)) for day in range(7) if self.days & (1 << day)
        )
        return any(start < end for start, end in spans)

    def _span(self, day: date) -> Span:
        """The hours of a day; of one without work, an empty span."""
        if not self.days & (1 << day.weekday()) or day in self.holidays:
            return time(0), time(0)
        return self.own.get(day.weekday(), (self.start, self.end))


def read_own_hours(stored: Mapping[str, Any]) -> dict[int, Span]:
    """The hours of days that differ, as OrderSettings.day_hours keeps them."""
    return {
        int(day): (time.fromisoformat(kept[0]), time.fromisoformat(kept[1]))
        for day, kept in stored.items()
    }


def cut_off_of(day: date, usual: time, stored: Mapping[str, Any]) -> time:
    """When picking begins on a day."""
    kept = stored.get(str(day.weekday()), ())
    return time.fromisoformat(kept[2]) if len(kept) > 2 and kept[2] else usual
