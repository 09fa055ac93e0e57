"""One door to all moves, for callers that know only where an order should go."""

import inspect
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from crm.audit.actor import Actor
from orders.actions import transition as verbs
from orders.actions._common import find_status, lock_order, lock_stage
from orders.errors import InvalidOrder
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
    parcel: verbs.ParcelInput | None = None,
    returned: Sequence[verbs.ReturnInput] | None = None,
    expected_version: int | None = None,
) -> Order:
    """Move an order to a stage, or to a status of any stage, by that move's own action."""
    status = None
    # The order first, then the status: archiving a status waits for both, and nobody for it.
    stage = lock_stage(order_id, expected_version=expected_version)
    if status_id is not None:
        status = find_status(status_id)
        if status is None:
            raise InvalidOrder("unknown_status", field="status")
        target = Stage(status.stage)
    if target is None:
        raise InvalidOrder("required", field="to")
    common: dict[str, Any] = {"order_id": order_id, "actor": actor, "now": now, "into": status}
    match target:
        case _ if stage == target:
            order = lock_order(order_id)
        case Stage.NEW:
            order = _inside(verbs.reopen_order, **common)
        case Stage.AGREED if stage == Stage.PICKING:
            order = _inside(verbs.stop_picking, **common, reason=comment)
        case Stage.AGREED:
            order = _inside(verbs.agree_order, **common)
        case Stage.PICKING:
            order = _inside(verbs.start_picking, **common)
        case Stage.PACKED:
            order = _inside(verbs.pack_order, **common, parcel=parcel or verbs.ParcelInput())
        case Stage.SHIPPED:
            order = _inside(verbs.ship_order, **common, tracking_number=tracking_number)
        case Stage.DELIVERED:
            order = _inside(verbs.deliver_order, **common)
        case Stage.CANCELLED:
            order = _inside(verbs.cancel_order, **common, reason_id=reason_id, comment=comment)
        case Stage.RETURNED:
            order = _inside(verbs.return_order, **common, lines=returned, reason=comment)
    if status is not None and order.status_id != status.id and order.stage == status.stage:
        del common["into"]
        order = _inside(verbs.change_status, **common, status_id=status.id)
    return order


def _inside(action: Callable[..., Order], **arguments: Any) -> Order:
    """Run an action in the transaction that is open already, without a savepoint of its own."""
    return inspect.unwrap(action)(**arguments)
