"""Putting an order back where it stood: by the pipeline's own moves, and never past them."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.audit.actor import Actor
from orders.actions._common import find_status, lock_order, move
from orders.actions.edit_requests import close_requests
from orders.actions.picking import cancel_pick_list, make_pick_list
from orders.errors import InvalidOrder
from orders.models import Order
from orders.pipeline import MOVES, Stage, check_move


def can_go_back(source: Stage, target: Stage) -> bool:
    """Tell whether a move from `source` to `target` can be taken back."""
    return source == target or source in MOVES[target]


@transaction.atomic
def undo_move(*, order_id: int, status_id: int, actor: Actor, now: datetime) -> Order:
    """Move an order back to the status that it came from; its history says so.

    What the move needed then is not asked again, nor are the company's own rules: the order stood
    there and was not changed. What
    the move did to the warehouse is done the other way round. Where the pipeline has no way
    back, MoveRefused.
    """
    order = lock_order(order_id)
    if order.status_id == status_id:
        return order
    target = find_status(status_id)
    if target is None:
        raise InvalidOrder("unknown_status", field="status")
    source, goal = Stage(order.stage), Stage(target.stage)
    if source != goal:
        check_move(source, goal)
    if source == Stage.PICKING and goal != Stage.PICKING:
        cancel_pick_list(order=order, now=now)
        close_requests(order=order, actor=actor, now=now)
    if goal == Stage.PICKING and source != Stage.PICKING:
        make_pick_list(order=order, now=now)
    move(
        order,
        target,
        actor=actor,
        now=now,
        reason=_("Undone"),
        details={"undone": True},
        by_rules=False,
    )
    return order


def restore_clocks(*, order_id: int, values: dict[str, Any]) -> None:
    """Set the moments back that an undone action had set: how long the order has stood where it
    is again, and whether its customer still waits for an answer. The caller holds the lock."""
    if values:
        Order.objects.filter(id=order_id).update(**values)
