"""The moves that an order can make next, and what each still lacks."""

from collections.abc import Callable
from dataclasses import dataclass

from crm.accounts.permissions import Permission
from orders.edits import custom_code
from orders.guards import may_follow, missing_by_rules, missing_for
from orders.missing import missing_texts
from orders.models import Order, Status
from orders.pipeline import Stage, next_moves
from orders.selectors.directory import Directory
from orders.wording import MOVE_ICONS, MOVE_TEXTS, STOP_PICKING_TEXT

# Where on the card each thing that a move lacks can be mended: block and field.
MENDED_IN = {
    "delivery_method": ("delivery", "delivery_method"),
    "delivery_address": ("delivery", "delivery_city"),
    "recipient": ("delivery", "recipient_name"),
    "ship_date": ("delivery", "ship_date"),
    "payment_method": ("delivery", "payment_method"),
    "has_recipient_name": ("delivery", "recipient_name"),
    "has_recipient_phone": ("delivery", "recipient_phone"),
    "has_delivery_method": ("delivery", "delivery_method"),
    "has_delivery_city": ("delivery", "delivery_city"),
    "has_delivery_branch": ("delivery", "delivery_branch"),
    "has_delivery_street": ("delivery", "delivery_street"),
    "has_payment_method": ("delivery", "payment_method"),
    "has_ship_date": ("delivery", "ship_date"),
    "has_ship_interval": ("delivery", "ship_from"),
    "has_manager_comment": ("comments", "manager_comment"),
    "has_tags": ("tags", ""),
    "is_paid": ("payments", "amount"),
    "payment": ("payments", "amount"),
    "stock": ("lines", ""),
    "problems": ("alerts", ""),
    "duplicate": ("alerts", ""),
    "question": ("alerts", ""),
    "edit_request": ("alerts", ""),
    "lines": ("picking", ""),
    "parcel": ("picking", ""),
}


# Moves that ask something first: a reason, a tracking number, the parcel's size. The rest is
# one press.
ASKING = {Stage.CANCELLED, Stage.SHIPPED, Stage.RETURNED, Stage.PACKED}


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that a move lacks, and the block and field where it is mended."""

    code: str
    text: str
    block: str
    field: str


@dataclass(frozen=True, slots=True)
class Move:
    """A stage that can follow, and what is missing for it."""

    target: Stage
    missing: list[Missing]
    is_main: bool
    source: Stage

    @property
    def word(self) -> str:
        return self.target.word

    @property
    def label(self) -> str:
        if self.source == Stage.PICKING and self.target == Stage.AGREED:
            return str(STOP_PICKING_TEXT)
        return str(MOVE_TEXTS[self.target])

    @property
    def icon(self) -> str:
        return MOVE_ICONS[self.target] if self.target > self.source else MOVE_ICONS[Stage.NEW]

    @property
    def asks(self) -> bool:
        """Something is asked before it is made."""
        return self.target in ASKING


def list_moves(
    order: Order, *, can: Callable[[Permission], bool], directory: Directory
) -> list[Move]:
    """The stages that can follow for who `can`, the main one first. At most six queries."""
    here = Stage(order.stage)
    targets = next_moves(here)
    forward = [t for t in targets if t not in {Stage.CANCELLED, Stage.RETURNED}]
    main = max((t for t in forward if t > here), default=None)
    made = []
    for target in targets:
        cancels = target == Stage.CANCELLED
        if not can(Permission.ORDERS_CANCEL if cancels else Permission.ORDERS_MOVE):
            continue
        first = next((s for s in directory.statuses_of(target) if s.is_default), None)
        if first is not None and not may_follow(order.status, first):
            continue
        missing = _missing(order, target, first, directory)
        made.append(Move(target, missing, is_main=target == main, source=here))
    return sorted(made, key=lambda move: (not move.is_main, move.target))


def _missing(
    order: Order, target: Stage, first: Status | None, directory: Directory
) -> list[Missing]:
    codes = missing_for(order, target)
    if first is not None:
        # The form of the shipment asks for the tracking number itself.
        asked = {"has_tracking_number"} if target == Stage.SHIPPED else set()
        codes += [code for code in missing_by_rules(order, first) if code not in asked]
    names = directory.own_names(codes)
    return [
        Missing(code, text, *_mended_in(code))
        for code, text in zip(codes, missing_texts(codes, names), strict=True)
    ]


def _mended_in(code: str) -> tuple[str, str]:
    """Block and field; the company's own fields are asked for by their code."""
    return ("custom", code) if custom_code(code) else MENDED_IN.get(code, ("head", ""))
