"""What time does to orders: alarms when nobody reacts, picking at the cut-off, late managers."""

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from orders import events
from orders.actions._common import save_order
from orders.actions.assign import assign_by_load
from orders.actions.transition import start_picking
from orders.actions.week import read_week
from orders.hours import cut_off_of
from orders.models import Holiday, Order, OrderSettings
from orders.pipeline import MoveRefused, Stage

logger = logging.getLogger(__name__)
BATCH = 200


@transaction.atomic
def raise_alarms(*, now: datetime) -> int:
    """Announce each new order whose first answer is late, and set its next alarm.

    Returns how many. Rows that somebody works on at this moment wait for the next round.
    """
    settings = OrderSettings.objects.get()
    week = read_week(settings, now)
    if not week.is_open(now):
        return 0
    late = list(
        Order.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(next_alarm_at__lte=now, stage=Stage.NEW)
        .order_by("next_alarm_at")[:BATCH]
    )
    for order in late:
        order.alarms += 1
        order.next_alarm_at = week.after(now, settings.alarm_minutes)
        save_order(order, ["alarms", "next_alarm_at"], now=now)
        record(events.ALARM, order, actor=Actor.system(), now=now, details={"count": order.alarms})
    return len(late)


def start_due_picking(*, now: datetime) -> int:
    """Send to picking the agreed orders whose day and hour have come; return how many went.

    An order that is not ready stays where it is: its page says what is missing.
    """
    gone = 0
    for order_id in _due_to_pick(now):
        try:
            start_picking(order_id=order_id, actor=Actor.system(), now=now)
        except MoveRefused as refusal:
            logger.debug("order %s is not ready to pick: %s", order_id, refusal)
        else:
            gone += 1
    return gone


@transaction.atomic
def _due_to_pick(now: datetime) -> list[int]:
    settings = OrderSettings.objects.get()
    zone = ZoneInfo(Tenant.objects.get(id=current_tenant_id()).time_zone)
    local = now.astimezone(zone)
    # An example's orders (below zero) are moved by hands alone.
    due = Order.objects.filter(stage=Stage.AGREED, ship_date__isnull=False, number__gt=0)
    if Holiday.objects.filter(day=local.date()).exists():
        return []
    if local.time() >= cut_off_of(local.date(), settings.cut_off, settings.day_hours):
        due = due.filter(ship_date__lte=local.date())
    else:
        due = due.filter(ship_date__lt=local.date())
    return list(due.order_by("ship_date", "id").values_list("id", flat=True)[:BATCH])


def assign_waiting(*, now: datetime) -> int:
    """Give out new orders that came while nobody was at work; return how many were tried."""
    with transaction.atomic():
        waiting = list(
            Order.objects.filter(stage=Stage.NEW, manager__isnull=True, number__gt=0)
            .order_by("placed_at")
            .values_list("id", flat=True)[:BATCH]
        )
    for order_id in waiting:
        assign_by_load(order_id=order_id, actor=Actor.system(), now=now)
    return len(waiting)
