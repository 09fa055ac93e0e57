"""Who works an order."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from orders import events
from orders.actions._common import lock_order, save_order
from orders.errors import InvalidOrder
from orders.models import Channel, ChannelMember, Order
from orders.pipeline import Stage


@transaction.atomic
def assign_manager(
    *,
    order_id: int,
    manager_id: int | None,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Order:
    """Give an order to a manager, or to nobody."""
    order = lock_order(order_id, expected_version=expected_version)
    if order.manager_id == manager_id:
        return order
    manager = None
    if manager_id is not None:
        manager = Membership.objects.filter(id=manager_id, is_active=True).first()
        if manager is None:
            raise InvalidOrder("unknown_member", field="manager")
    _assign(order, manager, actor=actor, now=now)
    return order


@transaction.atomic
def assign_by_load(*, order_id: int, actor: Actor, now: datetime) -> Order:
    """Give a new order to the least loaded manager of its channel who is at work.

    Does nothing when it has a manager or nobody works now; the next round tries again.
    """
    order = lock_order(order_id)
    if order.manager_id is not None or order.stage != Stage.NEW:
        return order
    # Orders of one channel are given out one after the other, each seeing the last one's load.
    Channel.objects.select_for_update(no_key=True).get(id=order.channel_id)
    manager = _least_loaded(order.channel_id, now)
    if manager is not None:
        _assign(order, manager, actor=actor, now=now)
    return order


def _least_loaded(channel_id: int, now: datetime) -> Membership | None:
    local = now.astimezone(ZoneInfo(Tenant.objects.get(id=current_tenant_id()).time_zone))
    members = Membership.objects.filter(is_active=True, takes_orders=True)
    of_channel = set(
        ChannelMember.objects.filter(channel_id=channel_id).values_list("member_id", flat=True)
    )
    # A channel that names nobody is everybody's.
    candidates = [
        member
        for member in members
        if (not of_channel or member.id in of_channel) and member.works_at(local)
    ]
    if not candidates:
        return None
    loads = dict(
        Order.objects.filter(
            manager_id__in=[m.id for m in candidates], stage__in=[Stage.NEW, Stage.AGREED]
        )
        .values_list("manager_id")
        .annotate(n=Count("id"))
    )
    return min(candidates, key=lambda member: (loads.get(member.id, 0), member.id))


def _assign(order: Order, manager: Membership | None, *, actor: Actor, now: datetime) -> None:
    before = order.manager.display_name if order.manager else None
    order.manager = manager
    save_order(order, ["manager"], now=now)
    record(
        events.ASSIGNED,
        order,
        actor=actor,
        now=now,
        changes={"manager": [before, manager.display_name if manager else None]},
        details={"manager_id": manager.id if manager else None},
    )
