"""What is still missing for a move, as stable words that screens and the API explain.

Read by screens to show it beforehand, and by the actions again under the lock.
"""

from collections.abc import Callable

from customers.phones import normalise_phone
from orders.edits import custom_code
from orders.missing import own_names
from orders.models import (
    LIVE_LISTS,
    DeliveryMethod,
    Order,
    PaymentMethod,
    PickItem,
    PickListState,
    Status,
)
from orders.pipeline import MoveRefused, Stage
from orders.problems import BAD_PHONE

# What a company may ask for before a status is entered, besides its own fields of orders
# (`custom.` and the code, which is in no list here). All but the last two are in the order
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
    return [code for code in target.required if not _keeps(order, code)]


def _keeps(order: Order, code: str) -> bool:
    """One of the company's own fields is filled where it is kept: "no" and zero say something."""
    if own := custom_code(code):
        return own in order.custom
    return code not in RULES or RULES[code](order)


def check_rules(order: Order, target: Status) -> None:
    """Raise MoveRefused where the company's own rules keep the order from a status."""
    source = order.status
    if not (source.next_ids or target.required) or source.pk == target.pk:
        return
    here, there = Stage(source.stage), Stage(target.stage)
    if not may_follow(source, target):
        raise MoveRefused("move_not_allowed", source=here, target=there)
    if missing := missing_by_rules(order, target):
        names = own_names(missing)
        raise MoveRefused("move_not_ready", source=here, target=there, missing=missing, names=names)


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
            return _for_shipped(order)
        case _:
            return []


def _for_agreed(order: Order) -> list[str]:
    missing = []
    if not order.delivery_method:
        missing.append("delivery_method")
    elif not _has_address(order):
        missing.append("delivery_address")
    if not (order.recipient_name and _can_be_called(order)):
        missing.append("recipient")
    if order.ship_date is None:
        missing.append("ship_date")
    if not order.payment_method:
        missing.append("payment_method")
    if order.duplicate_state == "suspected":
        missing.append("duplicate")
    return missing


def _can_be_called(order: Order) -> bool:
    phone = order.recipient_phone
    return bool(normalise_phone(phone) if BAD_PHONE in order.problems else phone)


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


def _for_shipped(order: Order) -> list[str]:
    missing = [] if order.parcels.exists() else ["parcel"]
    # A change that the warehouse took after the goods were in the parcel.
    if order.is_short:
        missing.append("stock")
    if order.edit_requests.filter(state="pending").exists():
        missing.append("edit_request")
    return missing


def _for_packed(order: Order) -> list[str]:
    missing = ["stock"] if order.is_short else []
    live = order.pick_lists.filter(state__in=LIVE_LISTS).first()
    if live is None:
        done = order.pick_lists.filter(state=PickListState.DONE).exists()
        return missing if done else [*missing, "lines"]
    if live.state == PickListState.SHORT:
        missing.append("question")
    items = PickItem.objects.filter(pick_list=live).values_list("quantity", "picked")
    if any(picked < quantity for quantity, picked in items):
        missing.append("lines")
    if order.edit_requests.filter(state="pending").exists():
        missing.append("edit_request")
    return missing
