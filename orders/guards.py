"""What is still missing for a move, as stable words that screens and the API explain.

Read by screens to show it beforehand, and by the actions again under the lock.
"""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from orders.models import DeliveryMethod, Order, PaymentMethod, PickItem, PickListState, Status
from orders.pipeline import MoveRefused, Stage

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
    "has_recipient_name": _("fill in the recipient’s name"),
    "has_recipient_phone": _("fill in the recipient’s phone"),
    "has_delivery_method": _("choose how it is delivered"),
    "has_delivery_city": _("fill in the city"),
    "has_delivery_branch": _("fill in the branch or locker"),
    "has_delivery_street": _("fill in the address"),
    "has_payment_method": _("choose how it is paid"),
    "has_ship_date": _("set the day of shipment"),
    "has_ship_interval": _("set the hours of shipment"),
    "has_manager": _("give it to a manager"),
    "has_manager_comment": _("write our comment"),
    "is_paid": _("it is not paid"),
    "is_answered": _("nobody has talked to the customer"),
    "has_tracking_number": _("fill in the tracking number"),
    "has_tags": _("put a tag on it"),
}

# What a company may ask for before a status is entered. All but the last two are in the order
# itself, so that a move asks the database nothing.
RULES: dict[str, Callable[[Order], bool]] = {
    "has_recipient_name": lambda order: bool(order.recipient_name),
    "has_recipient_phone": lambda order: bool(order.recipient_phone),
    "has_delivery_method": lambda order: bool(order.delivery_method),
    "has_delivery_city": lambda order: bool(order.delivery_city),
    "has_delivery_branch": lambda order: bool(order.delivery_branch),
    "has_delivery_street": lambda order: bool(order.delivery_street),
    "has_payment_method": lambda order: bool(order.payment_method),
    "has_ship_date": lambda order: order.ship_date is not None,
    "has_ship_interval": lambda order: order.ship_from is not None and order.ship_till is not None,
    "has_manager": lambda order: order.manager_id is not None,
    "has_manager_comment": lambda order: bool(order.manager_comment.strip()),
    "is_paid": lambda order: order.due <= 0,
    "is_answered": lambda order: order.responded_at is not None,
    "has_tracking_number": lambda order: order.parcels.exclude(tracking_number="").exists(),
    "has_tags": lambda order: order.tags.exists(),
}


def may_follow(source: Status, target: Status) -> bool:
    """Whether the company lets orders go from one status to the other; stages are not asked."""
    return not source.next_ids or target.pk in source.next_ids


def missing_by_rules(order: Order, target: Status) -> list[str]:
    """What the company asks for before its status is entered, and the order lacks."""
    return [code for code in target.required if code in RULES and not RULES[code](order)]


def check_rules(order: Order, target: Status) -> None:
    """Raise MoveRefused where the company's own rules keep the order from a status."""
    source = order.status
    if not (source.next_ids or target.required) or source.pk == target.pk:
        return
    here, there = Stage(source.stage), Stage(target.stage)
    if not may_follow(source, target):
        raise MoveRefused("move_not_allowed", source=here, target=there)
    if missing := missing_by_rules(order, target):
        raise MoveRefused("move_not_ready", source=here, target=there, missing=missing)


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
