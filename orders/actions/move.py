"""One door to all moves, for callers that know only where an order should go."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from crm.audit.actor import Actor
from orders.actions import transition as verbs
from orders.actions._common import lock_order
from orders.errors import InvalidOrder
from orders.models import Order, Status
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
    if status_id is not None:
        status = Status.objects.filter(id=status_id, is_active=True).first()
        if status is None:
            raise InvalidOrder("unknown_status", field="status")
        target = Stage(status.stage)
    if target is None:
        raise InvalidOrder("required", field="to")
    order = lock_order(order_id, expected_version=expected_version)
    common = {"order_id": order_id, "actor": actor, "now": now}
    if order.stage != target:
        match target:
            case Stage.NEW:
                order = verbs.reopen_order(**common)
            case Stage.AGREED if order.stage == Stage.PICKING:
                order = verbs.stop_picking(**common, reason=comment)
            case Stage.AGREED:
                order = verbs.agree_order(**common)
            case Stage.PICKING:
                order = verbs.start_picking(**common)
            case Stage.PACKED:
                order = verbs.pack_order(**common, parcel=parcel or verbs.ParcelInput())
            case Stage.SHIPPED:
                order = verbs.ship_order(**common, tracking_number=tracking_number)
            case Stage.DELIVERED:
                order = verbs.deliver_order(**common)
            case Stage.CANCELLED:
                order = verbs.cancel_order(**common, reason_id=reason_id, comment=comment)
            case Stage.RETURNED:
                order = verbs.return_order(**common, lines=returned, reason=comment)
    if status is not None and order.status_id != status.id and order.stage == status.stage:
        order = verbs.change_status(**common, status_id=status.id)
    return order
