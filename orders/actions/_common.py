"""What the actions on one order share: the lock, the save, the change of status."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from crm.audit.actor import Actor
from crm.audit.record import record
from orders import events
from orders.errors import OrderNotFound, StaleOrder
from orders.models import Order, OrderTransition, Status
from orders.pipeline import Stage


def lock_order(order_id: int, *, expected_version: int | None = None) -> Order:
    """Lock an order's row and return it fresh.

    Raises OrderNotFound, and StaleOrder when the caller decided on another version.
    """
    order = (
        Order.objects.select_for_update(of=("self",), no_key=True)
        .select_related("status", "channel")
        .filter(id=order_id)
        .first()
    )
    if order is None:
        raise OrderNotFound
    if expected_version is not None and order.version != expected_version:
        raise StaleOrder(version=order.version, expected=expected_version)
    return order


def save_order(order: Order, fields: Iterable[str], *, now: datetime) -> None:
    """Save the named fields, and the version that tells others of it."""
    order.version += 1
    order.updated_at = now
    order.save(update_fields=[*fields, "version", "updated_at"])


def answer(order: Order, now: datetime) -> list[str]:
    """Stop the first-response clock if it still runs; return the names of changed fields."""
    if order.responded_at is not None:
        return []
    order.responded_at = now
    order.next_alarm_at = None
    return ["responded_at", "next_alarm_at"]


def default_status(stage: Stage) -> Status:
    """The status that an order enters first in a stage."""
    return Status.objects.get(stage=stage, is_default=True)


def move(
    order: Order,
    target: Status,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    also: Iterable[str] = (),
    details: dict[str, Any] | None = None,
) -> None:
    """Put a locked order into a status: the only place where a status is assigned.

    Writes the order, its history row, the audit and the event. Guards are the caller's.
    """
    source = order.status
    fields = {"status", "stage", "status_since", *also}
    if actor.member_id is not None:
        fields.update(answer(order, now))
    if target.stage != Stage.NEW and order.next_alarm_at is not None:
        order.next_alarm_at = None
        fields.add("next_alarm_at")
    order.status = target
    order.stage = target.stage
    order.status_since = now
    save_order(order, fields, now=now)
    OrderTransition.objects.create(
        order_id=order.id,
        from_status_id=source.id,
        to_status_id=target.id,
        from_stage=source.stage,
        to_stage=target.stage,
        at=now,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_label=actor.label[:120],
        reason=reason[:500],
    )
    same_stage = source.stage == target.stage
    topic = events.STATUS_CHANGED if same_stage else events.stage_topic(Stage(target.stage).word)
    record(
        topic,
        order,
        actor=actor,
        now=now,
        changes={"status": [source.name, target.name]},
        details={
            "from": Stage(source.stage).word,
            "to": Stage(target.stage).word,
            **(details or {}),
        },
        reason=reason,
    )
