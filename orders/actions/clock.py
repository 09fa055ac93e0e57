"""What time does to orders: alarms when nobody reacts, picking at the cut-off, late managers."""

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant, TenantQuerySet
from orders import events
from orders.actions._common import lock_order, save_order
from orders.actions.assign import assign_by_load
from orders.actions.transition import start_picking
from orders.actions.week import read_week
from orders.hours import cut_off_of
from orders.models import Holiday, Order, OrderSettings, OrderTransition, PaymentMethod
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
    with transaction.atomic():
        due = _due_to_pick(now)
        waiting = list(due.order_by("ship_date", "id").values_list("id", flat=True)[: BATCH * 25])
    for order_id in waiting:
        if gone == BATCH:
            break
        try:
            gone += _start_if_due(order_id, due, now)
        except MoveRefused as refusal:
            logger.debug("order %s is not ready to pick: %s", order_id, refusal)
    return gone


@transaction.atomic
def _start_if_due(order_id: int, due: TenantQuerySet, now: datetime) -> bool:
    """Start picking, unless somebody gave the order another day or terms since it was listed."""
    lock_order(order_id)
    if not due.filter(id=order_id).exists():
        return False
    start_picking(order_id=order_id, actor=Actor.system(), now=now)
    return True


def _due_to_pick(now: datetime) -> TenantQuerySet:
    """The orders that go to picking by themselves at this moment. Three queries.

    What came back from the warehouse after the last cut-off goes there again by somebody's hand,
    or at the next one.
    """
    settings = OrderSettings.objects.get()
    zone = ZoneInfo(Tenant.objects.get(id=current_tenant_id()).time_zone)
    local = now.astimezone(zone)
    # An example's orders (below zero) are moved by hands alone.
    due = Order.objects.filter(stage=Stage.AGREED, ship_date__isnull=False, number__gt=0)
    if Holiday.objects.filter(day=local.date()).exists():
        return due.none()
    last = local.date()
    if local.time() < cut_off_of(last, settings.cut_off, settings.day_hours):
        last -= timedelta(days=1)
    cut_off = cut_off_of(last, settings.cut_off, settings.day_hours)
    returned = OrderTransition.objects.filter(
        order_id=OuterRef("pk"),
        from_stage=Stage.PICKING,
        to_stage=Stage.AGREED,
        at__gte=datetime.combine(last, cut_off, zone),
    )
    # However many wait for goods or money, they keep no ready one from its turn.
    settled = Q(payment_method=PaymentMethod.CASH_ON_DELIVERY) | Q(
        total__lte=F("paid") - F("refunded")
    )
    return due.filter(
        settled, ~Exists(returned), ship_date__lte=last, is_short=False, has_problems=False
    )


def assign_waiting(*, now: datetime) -> int:
    """Give out new orders that came while nobody was at work; return how many were tried.

    A channel whose first order nobody can take keeps its others till the next round.
    """
    with transaction.atomic():
        waiting = list(
            Order.objects.filter(stage=Stage.NEW, manager__isnull=True, number__gt=0)
            .order_by("placed_at")
            .values_list("id", "channel_id")[: BATCH * 25]
        )
    tried, idle = 0, set()
    for order_id, channel_id in waiting:
        if channel_id in idle:
            continue
        if tried == BATCH:
            break
        order = assign_by_load(order_id=order_id, actor=Actor.system(), now=now)
        tried += 1
        if order.manager_id is None and order.stage == Stage.NEW:
            idle.add(channel_id)
    return tried
