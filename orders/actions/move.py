"""One door to all moves, for callers that know only where an order should go."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from crm.audit.actor import Actor
from orders.actions import steps
from orders.actions._common import lock_for_move, move
from orders.models import Order
from orders.pipeline import Stage


@transaction.atomic
def move_order(
    *,
    order_id: int,
    target: Stage | None = None,
    status_id: int | None = None,
    actor: Actor,
    now: datetime,
    reason_id: int | None = None,
    comment: str = "",
    tracking_number: str = "",
    parcel: steps.ParcelInput | None = None,
    returned: Sequence[steps.ReturnInput] | None = None,
    expected_version: int | None = None,
) -> Order:
    """Move an order to a stage, or to a status of any stage, by that move's own step."""
    order, status = lock_for_move(
        order_id, stage=target, status_id=status_id, expected_version=expected_version
    )
    who: dict[str, Any] = {"actor": actor, "now": now}
    stage = Stage(order.stage)
    match Stage(status.stage):
        case entered if entered == stage:
            if status_id is not None and order.status_id != status_id:
                move(order, status, **who)
        case Stage.AGREED if stage == Stage.PICKING:
            steps.stop(order, status, **who, reason=comment)
        case Stage.NEW | Stage.AGREED:
            steps.settle(order, status, **who)
        case Stage.PICKING:
            steps.start(order, status, **who)
        case Stage.PACKED:
            steps.pack(order, status, **who, parcel=parcel or steps.ParcelInput())
        case Stage.SHIPPED:
            steps.ship(order, status, **who, tracking_number=tracking_number)
        case Stage.DELIVERED:
            steps.deliver(order, status, **who)
        case Stage.CANCELLED:
            steps.cancel(order, status, **who, reason_id=reason_id, comment=comment)
        case Stage.RETURNED:
            steps.take_goods_back(order, status, **who, lines=returned, reason=comment)
    return order
