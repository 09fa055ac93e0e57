"""The working calendar: hours of each day of the week, cut-off hours, holidays."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.changes import check_stamp, stamp_of
from crm.audit.record import record
from orders.errors import InvalidOrder
from orders.hours import cut_off_of, read_own_hours
from orders.models import Holiday, OrderSettings

FIELDS = ("cut_off", "work_days", "work_start", "work_end", "day_hours")
FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)


class DayHours(NamedTuple):
    """One day of the week."""

    works: bool
    start: time
    end: time
    cut_off: time


def calendar_stamp(settings: OrderSettings) -> str:
    return stamp_of(settings, FIELDS)


def read_days(settings: OrderSettings) -> list[DayHours]:
    """The week as it is kept, Monday first."""
    own = read_own_hours(settings.day_hours)
    week = []
    for day in range(7):
        start, end = own.get(day, (settings.work_start, settings.work_end))
        # 2001 began on a Monday.
        cut_off = cut_off_of(date(2001, 1, 1 + day), settings.cut_off, settings.day_hours)
        week.append(DayHours(bool(settings.work_days & (1 << day)), start, end, cut_off))
    return week


@transaction.atomic
def set_week(
    *, days: Sequence[DayHours], actor: Actor, now: datetime, expected: str | None = None
) -> OrderSettings:
    """Set the hours of the seven days. What most share is the usual."""
    settings = OrderSettings.objects.select_for_update(no_key=True).get()
    check_stamp(expected, calendar_stamp(settings))
    for place, day in enumerate(days):
        if day.works and day.end <= day.start:
            raise InvalidOrder("interval_reversed", field=f"end_{place}")
    before = read_days(settings)
    working = [day for day in days if day.works] or list(days)
    usual = max(working, key=lambda day: sum(other[1:] == day[1:] for other in working))
    settings.work_days = sum(1 << place for place, day in enumerate(days) if day.works)
    settings.work_start, settings.work_end, settings.cut_off = usual[1:]
    settings.day_hours = {
        str(place): [f"{moment:%H:%M}" for moment in day[1:]]
        for place, day in enumerate(days)
        if day[1:] != usual[1:]
    }
    after = read_days(settings)
    changes = {
        f"day_{place}": [_say(old), _say(new)]
        for place, (old, new) in enumerate(zip(before, after, strict=True))
        if _say(old) != _say(new)
    }
    if before != after:
        settings.save(update_fields=list(FIELDS))
    if changes:
        record("ordersettings.edited", settings, actor=actor, now=now, changes=changes)
    return settings


def _say(day: DayHours) -> str | None:
    if not day.works:
        return None
    return f"{day.start:%H:%M}–{day.end:%H:%M} ({day.cut_off:%H:%M})"


@transaction.atomic
def set_holiday(*, day: date, name: str, actor: Actor, now: datetime) -> Holiday:
    """Add a day on which nobody works; the same day again renames it."""
    name = " ".join(name.split())[:80]
    if not name:
        raise InvalidOrder("required", field="name")
    if not FIRST <= day <= LAST:
        raise InvalidOrder("day_out_of_range", field="day")
    row, made_now = Holiday.objects.get_or_create(day=day, defaults={"name": name})
    before = None if made_now else row.name
    if made_now or row.name != name:
        row.name = name
        row.save(update_fields=["name"])
        changes: dict[str, list[Any]] = {day.isoformat(): [before, name]}
        record("holiday.set", row, actor=actor, now=now, changes=changes)
    return row


@transaction.atomic
def add_holidays(*, days: Mapping[date, str], actor: Actor, now: datetime) -> int:
    """Add days that are not there yet; those that are keep their names. Return how many came."""
    OrderSettings.objects.select_for_update(no_key=True).get()
    known = set(Holiday.objects.filter(day__in=days).values_list("day", flat=True))
    rows = [Holiday(day=day, name=name) for day, name in days.items() if day not in known]
    if rows:
        rows = Holiday.objects.bulk_create(rows)
        changes: dict[str, list[Any]] = {row.day.isoformat(): [None, row.name] for row in rows}
        record("holiday.set", rows[0], actor=actor, now=now, changes=changes)
    return len(rows)


@transaction.atomic
def remove_holiday(*, holiday_id: int, actor: Actor, now: datetime) -> Holiday | None:
    """Take a holiday away; None where it is gone already."""
    row = Holiday.objects.select_for_update().filter(id=holiday_id).first()
    if row is None:
        return None
    changes: dict[str, list[Any]] = {row.day.isoformat(): [row.name, None]}
    record("holiday.removed", row, actor=actor, now=now, changes=changes)
    Holiday.objects.filter(id=row.pk).delete()
    return row
