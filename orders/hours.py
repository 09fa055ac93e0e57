"""Working time of a company or a person: is it open, and when do so many minutes end."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class WorkWeek:
    """Days (bit 0 is Monday) and hours of work in a time zone."""

    days: int
    start: time
    end: time
    zone: str

    def is_open(self, moment: datetime) -> bool:
        """Tell whether an aware moment lies in working time."""
        local = moment.astimezone(ZoneInfo(self.zone))
        return self._works_on(local) and self.start <= local.time() < self.end

    def after(self, moment: datetime, minutes: int) -> datetime:
        """Return the moment when `minutes` of working time have passed since `moment`.

        A week without working time (no day, or an end not after its start) runs by the clock.
        """
        if not self.days or self.end <= self.start:
            return moment + timedelta(minutes=minutes)
        zone = ZoneInfo(self.zone)
        left = timedelta(minutes=minutes)
        local = moment.astimezone(zone)
        while True:
            opens = datetime.combine(local.date(), self.start, zone)
            closes = datetime.combine(local.date(), self.end, zone)
            begin = max(local, opens)
            if self._works_on(local) and begin < closes:
                # Absolute time: a day on which the clocks change has its own length.
                room = closes.timestamp() - begin.timestamp()
                if left.total_seconds() <= room:
                    end = begin.timestamp() + left.total_seconds()
                    return datetime.fromtimestamp(end, zone)
                left -= timedelta(seconds=room)
            local = datetime.combine(local.date() + timedelta(days=1), time(0), zone)

    def _works_on(self, local: datetime) -> bool:
        return bool(self.days & (1 << local.weekday()))
