"""What is still missing for a move, as stable words that screens and the API explain.

Read by screens to show it beforehand, and by the actions again under the lock.
"""

from django.utils.translation import gettext_lazy as _

from orders.models import DeliveryMethod, Order, PaymentMethod, PickItem, PickListState
from orders.pipeline import Stage

MISSING_TEXTS = {
    "delivery_method": _("choose how it is delivered"),
    "delivery_address": _("fill in the city and the branch or address"),
    "recipient": _("fill in the recipient's name and phone"),
    "ship_date": _("set the day of shipment"),
    "payment_method": _("choose how it is paid"),
    "problems": _("mend the problems of the order"),
    "duplicate": _("decide whether it is a repeat"),
    "stock": _("some goods are not in stock yet"),
    "payment": _("it is not paid"),
    "lines": _("not every line is picked"),
    "parcel": _("there is no parcel"),
    "reason": _("choose a reason"),
    "question": _("the manager has not answered the picker's question"),
    "edit_request": _("a change of the order waits for the warehouse"),
}

_WITH_BRANCH = {DeliveryMethod.NOVA_POSHTA_BRANCH, DeliveryMethod.NOVA_POSHTA_LOCKER}
_WITH_ADDRESS = {
    DeliveryMethod.NOVA_POSHTA_COURIER,
    DeliveryMethod.UKRPOSHTA,
    DeliveryMethod.MEEST,
    DeliveryMethod.COURIER,
}


def missing_for(order: Order, target: Stage) -> list[str]:
    """Return what the order lacks for the move; empty when it may go."""
    match target:
        case Stage.AGREED if order.stage == Stage.NEW:
            return _for_agreed(order)
        case Stage.PICKING:
            return _for_picking(order)
        case Stage.PACKED:
            return _for_packed(order)
        case Stage.SHIPPED:
            return [] if order.parcels.exists() else ["parcel"]
        case _:
            return []


def _for_agreed(order: Order) -> list[str]:
    missing = []
    if not order.delivery_method:
        missing.append("delivery_method")
    elif not _has_address(order):
        missing.append("delivery_address")
    if not (order.recipient_name and order.recipient_phone):
        missing.append("recipient")
    if order.ship_date is None:
        missing.append("ship_date")
    if not order.payment_method:
        missing.append("payment_method")
    if order.duplicate_state == "suspected":
        missing.append("duplicate")
    return missing


def _has_address(order: Order) -> bool:
    if order.delivery_method in _WITH_BRANCH:
        return bool(order.delivery_city and order.delivery_branch)
    if order.delivery_method in _WITH_ADDRESS:
        return bool(order.delivery_city and (order.delivery_street or order.delivery_branch))
    return True


def _for_picking(order: Order) -> list[str]:
    missing = []
    if order.is_short:
        missing.append("stock")
    if order.payment_method != PaymentMethod.CASH_ON_DELIVERY and order.due > 0:
        missing.append("payment")
    if order.has_problems:
        missing.append("problems")
    return missing


def _for_packed(order: Order) -> list[str]:
    missing = []
    live = order.pick_lists.filter(state__in=[PickListState.OPEN, PickListState.SHORT]).first()
    if live is None:
        return ["lines"] if not order.pick_lists.filter(state=PickListState.DONE).exists() else []
    if live.state == PickListState.SHORT:
        missing.append("question")
    items = PickItem.objects.filter(pick_list=live).values_list("quantity", "picked")
    if any(picked < quantity for quantity, picked in items):
        missing.append("lines")
    if order.edit_requests.filter(state="pending").exists():
        missing.append("edit_request")
    return missing
