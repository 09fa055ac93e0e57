"""The moves along the pipeline, an action each. All are safe to repeat."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from crm.audit.actor import Actor
from orders.actions import steps
from orders.actions._common import find_status, lock_for_move, lock_order, move
from orders.actions.steps import ParcelInput, ReturnInput
from orders.errors import InvalidOrder
from orders.models import Order
from orders.pipeline import Stage, check_move

__all__ = [
    "ParcelInput",
    "ReturnInput",
    "agree_order",
    "cancel_order",
    "change_status",
    "deliver_order",
    "pack_order",
    "reopen_order",
    "return_order",
    "ship_order",
    "start_picking",
    "stop_picking",
]


@transaction.atomic
def agree_order(
    *, order_id: int, actor: Actor, now: datetime, expected_version: int | None = None
) -> Order:
    """new -> agreed: delivery, day and payment are settled with the customer."""
    return _step(order_id, Stage.AGREED, steps.settle, actor, now, expected_version)


@transaction.atomic
def reopen_order(
    *, order_id: int, actor: Actor, now: datetime, expected_version: int | None = None
) -> Order:
    """agreed -> new: what was settled is open again."""
    return _step(order_id, Stage.NEW, steps.settle, actor, now, expected_version)


@transaction.atomic
def start_picking(
    *, order_id: int, actor: Actor, now: datetime, expected_version: int | None = None
) -> Order:
    """agreed -> picking: a pick list for the least loaded picker; managers ask from now on."""
    return _step(order_id, Stage.PICKING, steps.start, actor, now, expected_version)


@transaction.atomic
def stop_picking(
    *,
    order_id: int,
    actor: Actor,
    now: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Order:
    """picking -> agreed: the order goes back to its manager."""
    return _step(order_id, Stage.AGREED, steps.stop, actor, now, expected_version, reason=reason)


@transaction.atomic
def pack_order(
    *,
    order_id: int,
    parcel: ParcelInput,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Order:
    """picking -> packed: every line is picked, the goods are in a parcel."""
    return _step(order_id, Stage.PACKED, steps.pack, actor, now, expected_version, parcel=parcel)


@transaction.atomic
def ship_order(
    *,
    order_id: int,
    actor: Actor,
    now: datetime,
    tracking_number: str = "",
    expected_version: int | None = None,
) -> Order:
    """packed -> shipped: the goods leave the shelf and the books."""
    return _step(
        order_id,
        Stage.SHIPPED,
        steps.ship,
        actor,
        now,
        expected_version,
        tracking_number=tracking_number,
    )


@transaction.atomic
def deliver_order(
    *, order_id: int, actor: Actor, now: datetime, expected_version: int | None = None
) -> Order:
    """shipped -> delivered: cash on delivery is booked, the order is closed."""
    return _step(order_id, Stage.DELIVERED, steps.deliver, actor, now, expected_version)


@transaction.atomic
def cancel_order(
    *,
    order_id: int,
    reason_id: int | None,
    actor: Actor,
    now: datetime,
    comment: str = "",
    expected_version: int | None = None,
) -> Order:
    """Cancel an order that has not shipped and free its stock at once.

    A reason from the company's list is needed, except from a source that gives none.
    """
    return _step(
        order_id,
        Stage.CANCELLED,
        steps.cancel,
        actor,
        now,
        expected_version,
        reason_id=reason_id,
        comment=comment,
    )


@transaction.atomic
def return_order(
    *,
    order_id: int,
    lines: Sequence[ReturnInput] | None,
    reason: str,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Order:
    """shipped or delivered -> returned; `lines` None: everything came back, fit for sale.

    The goods go back to the shelf or are written off; money is refunded by its own action. Where
    a part came back the order stays where it is.
    """
    return _step(
        order_id,
        Stage.RETURNED,
        steps.take_goods_back,
        actor,
        now,
        expected_version,
        lines=lines,
        reason=reason,
    )


@transaction.atomic
def change_status(
    *,
    order_id: int,
    status_id: int,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Order:
    """Move between the company's statuses inside one stage."""
    order = lock_order(order_id, expected_version=expected_version)
    if order.status_id == status_id:
        return order
    target = find_status(status_id)
    if target is None:
        raise InvalidOrder("unknown_status", field="status")
    if target.stage != order.stage:
        check_move(Stage(order.stage), Stage(target.stage), ["action"])
    move(order, target, actor=actor, now=now)
    return order


def _step(
    order_id: int,
    stage: Stage,
    step: Callable[..., None],
    actor: Actor,
    now: datetime,
    expected_version: int | None,
    **more: Any,
) -> Order:
    """Lock the order and take the step, if it is not where it should be already."""
    order, target = lock_for_move(order_id, stage=stage, expected_version=expected_version)
    if order.stage != stage:
        step(order, target, actor=actor, now=now, **more)
    return order
