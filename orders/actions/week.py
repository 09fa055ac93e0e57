"""The company's working week as it is kept, with the holidays that lie ahead."""

from datetime import datetime, timedelta

from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from orders.hours import WorkWeek, read_own_hours
from orders.models import Holiday, OrderSettings

AHEAD = timedelta(days=60)


def read_week(settings: OrderSettings, now: datetime) -> WorkWeek:
    """Return the working week around a moment. Two queries."""
    zone = Tenant.objects.values_list("time_zone", flat=True).get(id=current_tenant_id())
    days = Holiday.objects.filter(day__range=(now.date() - timedelta(days=1), now.date() + AHEAD))
    return WorkWeek(
        settings.work_days,
        settings.work_start,
        settings.work_end,
        zone,
        read_own_hours(settings.day_hours),
        frozenset(days.values_list("day", flat=True)),
    )
