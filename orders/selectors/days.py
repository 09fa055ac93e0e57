"""Days of the warehouse."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from orders.models import OrderSettings


def next_ship_day(now: datetime) -> date:
    """Return the first working day on which picking has not begun yet. One query."""
    settings = OrderSettings.objects.get()
    local = timezone.localtime(now)
    day = local.date()
    if local.time() >= settings.cut_off:
        day += timedelta(days=1)
    for _ in range(7):
        if settings.work_days & (1 << day.weekday()):
            return day
        day += timedelta(days=1)
    return day
