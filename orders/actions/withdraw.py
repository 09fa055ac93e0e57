"""Taking back an order that should never have been placed."""

from datetime import datetime

from django.db import transaction

from crm.audit.actor import Actor
from orders.actions._common import lock_order, save_order
from orders.actions.transition import cancel_order
from orders.errors import OrderNotFound
from orders.models import Order
from orders.pipeline import Stage


@transaction.atomic
def withdraw_order(*, order_id: int, actor: Actor, now: datetime, comment: str = "") -> str:
    """Cancel an order on which no work has begun and let its external id go.

    Its history stays, so it stays too, as cancelled; its source may send the id again. Returns ""
    or, where nothing was done, why: "changed". Repeating it changes nothing.
    """
    try:
        order = lock_order(order_id)
    except OrderNotFound:
        return ""
    if order.stage == Stage.CANCELLED and not order.external_id:
        return ""
    if order.stage != Stage.NEW or order.paid:
        return "changed"
    cancel_order(order_id=order_id, reason_id=None, actor=actor, now=now, comment=comment)
    free_external_id(order_id=order_id, now=now)
    return ""


@transaction.atomic
def free_external_id(*, order_id: int, now: datetime) -> Order:
    """Let the external id of a cancelled order go: its source may send it again as a new one."""
    order = lock_order(order_id)
    if order.stage == Stage.CANCELLED and order.external_id:
        order.external_id = ""
        save_order(order, ["external_id"], now=now)
    return order
