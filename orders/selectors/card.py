"""The card of one order: everything its page shows, each part read when it is asked for."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.fields.models import FieldDefinition, Kind
from crm.fields.selectors import Fact, facts_of, list_definitions
from customers.models import Address, ContactKind, ContactPoint
from inventory.models import Reservation, ReservationState, StockItem
from orders.guards import MISSING_TEXTS, may_follow, missing_by_rules, missing_for
from orders.models import (
    DuplicateState,
    EditRequest,
    EditRequestState,
    Order,
    OrderLine,
    Parcel,
    Payment,
    PickItem,
    PickList,
    PickListState,
    Status,
)
from orders.pipeline import Stage, next_moves
from orders.selectors.history import LAST_ORDERS, History, read_history
from orders.selectors.tags import ColoredTag, tag_color
from orders.selectors.visible import Viewer, visible_orders
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


def get_order(*, number: int, viewer: Viewer) -> Order | None:
    """Return an order of the viewer's with what its head shows. One query."""
    return (
        visible_orders(viewer)
        .select_related("status", "channel", "customer", "manager", "cancel_reason", "duplicate_of")
        .filter(number=number)
        .first()
    )


@dataclass(frozen=True, slots=True)
class Place:
    """What is free of a variant in one warehouse."""

    name: str
    available: int


@dataclass(slots=True)
class LineRow:
    """A line with what its goods look like on the shelves now."""

    line: OrderLine
    picture: str = ""
    held: int = 0
    shipped: int = 0
    waiting: int = 0
    places: list[Place] = field(default_factory=list)

    @property
    def available(self) -> int:
        return sum(place.available for place in self.places)

    @property
    def margin(self) -> Decimal | None:
        """What the line earns; None where the cost is not known."""
        if self.line.unit_cost is None:
            return None
        return self.line.total - self.line.unit_cost * self.line.quantity


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


class OrderCard:
    """One order for one member. A part costs its queries only where it is shown."""

    def __init__(self, order: Order, membership: Membership, now: datetime) -> None:
        self.order = order
        self.membership = membership
        self.now = now

    # --- Rights --------------------------------------------------------------------------------

    def can(self, permission: Permission) -> bool:
        return self.membership.can(permission)

    @property
    def can_edit(self) -> bool:
        return self.can(Permission.ORDERS_EDIT)

    @property
    def can_change_content(self) -> bool:
        """Lines, delivery and recipient: at once, or by asking the warehouse."""
        return self.can_edit and self.order.can_be_cancelled

    @property
    def must_ask(self) -> bool:
        return self.order.is_locked

    @property
    def sees_costs(self) -> bool:
        return self.can(Permission.COSTS_VIEW)

    @property
    def sees_phones(self) -> bool:
        return self.can(Permission.PHONES_VIEW)

    @property
    def can_assign(self) -> bool:
        return self.can(Permission.ORDERS_ASSIGN) and self.order.is_open

    @property
    def can_cancel(self) -> bool:
        return self.can(Permission.ORDERS_CANCEL)

    @property
    def can_record_payments(self) -> bool:
        return self.can(Permission.PAYMENTS_RECORD)

    @property
    def decides_edits(self) -> bool:
        return self.can(Permission.PICKING_MANAGE)

    @property
    def can_pick(self) -> bool:
        return self.can(Permission.PICKING_WORK)

    @property
    def sees_customer(self) -> bool:
        return self.can(Permission.CUSTOMERS_VIEW)

    # --- Head ----------------------------------------------------------------------------------

    @property
    def age(self) -> timedelta:
        """How long the order has stood in its status."""
        return self.now - self.order.status_since

    @property
    def is_late(self) -> bool:
        limit = self.order.status.hours_limit
        return bool(limit) and self.age > timedelta(hours=limit or 0)

    @property
    def waits_for_answer(self) -> bool:
        return (
            self.order.stage == Stage.NEW
            and self.order.responded_at is None
            and self.order.respond_by is not None
        )

    @property
    def answer_is_late(self) -> bool:
        return self.waits_for_answer and self.now > self.order.respond_by  # type: ignore[operator]

    @cached_property
    def _in_use(self) -> list[Status]:
        """All statuses in use. One query."""
        return list(Status.objects.filter(is_active=True).order_by("stage", "position", "id"))

    @cached_property
    def statuses(self) -> list[Status]:
        """The company's statuses inside the present stage, as far as its rules let the order."""
        here = self.order.status
        return [
            status
            for status in self._in_use
            if status.stage == self.order.stage
            and (status.pk == here.pk or may_follow(here, status))
        ]

    @cached_property
    def managers(self) -> list[Membership]:
        """Who may be given the order. One query."""
        rows = Membership.objects.filter(is_active=True).order_by("display_name")
        return [member for member in rows if member.can(Permission.ORDERS_EDIT)]

    @cached_property
    def moves(self) -> list[Move]:
        """The stages that can follow, with what each lacks. At most six queries."""
        targets = next_moves(Stage(self.order.stage))
        forward = [t for t in targets if t not in {Stage.CANCELLED, Stage.RETURNED}]
        main = max((t for t in forward if t > self.order.stage), default=None)
        made = []
        for target in targets:
            needed = Permission.ORDERS_MOVE
            if target == Stage.CANCELLED:
                needed = Permission.ORDERS_CANCEL
            if not self.can(needed):
                continue
            first = self._first_of(target)
            if first is not None and not may_follow(self.order.status, first):
                continue
            made.append(
                Move(target, self._missing(target, first), target == main, Stage(self.order.stage))
            )
        return sorted(made, key=lambda move: (not move.is_main, move.target))

    def _first_of(self, stage: Stage) -> Status | None:
        return next((s for s in self._in_use if s.stage == stage and s.is_default), None)

    def _missing(self, target: Stage, first: Status | None) -> list[Missing]:
        codes = missing_for(self.order, target)
        if first is not None:
            # The form of the shipment asks for the tracking number itself.
            asked = {"has_tracking_number"} if target == Stage.SHIPPED else set()
            codes += [code for code in missing_by_rules(self.order, first) if code not in asked]
        return [
            Missing(code, str(MISSING_TEXTS[code]), *MENDED_IN.get(code, ("head", "")))
            for code in codes
        ]

    # --- Alerts --------------------------------------------------------------------------------

    @property
    def is_suspected(self) -> bool:
        return self.order.duplicate_state == DuplicateState.SUSPECTED

    @cached_property
    def twin(self) -> "Order | None":
        """The earlier order that this one may repeat, with its lines; None where it is hidden.

        Two queries."""
        if self.order.duplicate_of_id is None:
            return None
        return (
            visible_orders(self.membership)
            .select_related("status", "channel")
            .prefetch_related("lines")
            .filter(id=self.order.duplicate_of_id)
            .first()
        )

    @cached_property
    def edit_request(self) -> EditRequest | None:
        """The change that waits for the warehouse. One query."""
        return (
            self.order.edit_requests.select_related("requested_by")
            .filter(state=EditRequestState.PENDING)
            .first()
        )

    @property
    def question(self) -> str:
        """What the picker asks and nobody has answered."""
        live = self.pick_list
        return live.question if live and live.state == PickListState.SHORT else ""

    # --- Goods ---------------------------------------------------------------------------------

    @cached_property
    def lines(self) -> list[LineRow]:
        """The lines with stock and what is held for them. Three queries."""
        lines = list(self.order.lines.select_related("variant__product").order_by("position"))
        variants = {line.variant_id for line in lines if line.variant_id}
        places = _free_places(variants)
        held: dict[int, int] = defaultdict(int)
        shipped: dict[int, int] = defaultdict(int)
        waiting: dict[int, int] = defaultdict(int)
        for row in Reservation.objects.filter(demand_id=self.order.demand_id):
            if row.state == ReservationState.HELD:
                held[row.line] += row.quantity
            elif row.state == ReservationState.CONSUMED:
                shipped[row.line] += row.quantity
            elif row.state == ReservationState.WAITING:
                waiting[row.line] += row.quantity
        return [
            LineRow(
                line=line,
                picture=line.variant.product.picture if line.variant else "",
                held=held[line.pk],
                shipped=shipped[line.pk],
                waiting=waiting[line.pk],
                places=places.get(line.variant_id or 0, []),
            )
            for line in lines
        ]

    @property
    def plain_lines(self) -> list[OrderLine]:
        return [row.line for row in self.lines]

    @property
    def units(self) -> int:
        return sum(row.line.quantity for row in self.lines)

    @property
    def held_units(self) -> int:
        return sum(row.held for row in self.lines)

    @property
    def margin(self) -> Decimal | None:
        """What the order earns: its goods less discounts and costs; None if a cost is unknown."""
        margins = [row.margin for row in self.lines]
        if not margins or any(margin is None for margin in margins):
            return None
        return sum((m for m in margins if m is not None), Decimal(0)) - self.order.discount

    @property
    def margin_percent(self) -> int | None:
        margin, sold = self.margin, self.order.lines_total - self.order.discount
        return round(margin / sold * 100) if margin is not None and sold > 0 else None

    # --- Customer ------------------------------------------------------------------------------

    @cached_property
    def contacts(self) -> list[ContactPoint]:
        """Phones first, the main one first. One query."""
        rows = ContactPoint.objects.filter(customer_id=self.order.customer_id)
        return sorted(rows, key=lambda c: (c.kind != ContactKind.PHONE, not c.is_primary, c.pk))

    @cached_property
    def addresses(self) -> list[Address]:
        """Where the customer has had things sent, the latest first. One query."""
        rows = Address.objects.filter(customer_id=self.order.customer_id)
        return list(rows.order_by("-used_at")[:LAST_ORDERS])

    @cached_property
    def history(self) -> History:
        """What the customer has ordered besides. Two queries."""
        return read_history(
            customer_id=self.order.customer_id, viewer=self.membership, but=self.order.pk
        )

    # --- Money and warehouse -------------------------------------------------------------------

    @cached_property
    def payments(self) -> list[Payment]:
        """One query."""
        return list(self.order.payments.order_by("paid_at", "id"))

    @property
    def paid_left(self) -> Decimal:
        """What could be given back."""
        return self.order.paid - self.order.refunded

    @property
    def overpaid(self) -> Decimal:
        return max(-self.order.due, Decimal(0))

    @cached_property
    def tags(self) -> list[str]:
        """One query."""
        rows = self.order.tags.order_by("name").annotate(color=tag_color())
        return [ColoredTag(*pair) for pair in rows.values_list("name", "color")]

    @cached_property
    def pick_list(self) -> PickList | None:
        """The live checklist, else the last one that was finished. One query."""
        lists = self.order.pick_lists.select_related("picker")
        rows = lists.exclude(state=PickListState.CANCELLED).order_by("-id")
        return rows.first()

    @cached_property
    def pick_items(self) -> list[PickItem]:
        """One query."""
        if self.pick_list is None:
            return []
        return list(self.pick_list.items.select_related("line").order_by("position"))

    @property
    def picked(self) -> int:
        return sum(item.picked for item in self.pick_items)

    @property
    def to_pick(self) -> int:
        return sum(item.quantity for item in self.pick_items)

    @cached_property
    def parcels(self) -> list[Parcel]:
        """One query."""
        return list(self.order.parcels.order_by("id"))

    @cached_property
    def own_fields(self) -> list[FieldDefinition]:
        """The fields that the company added to orders. One query."""
        return list_definitions(Kind.ORDER)

    @property
    def own_facts(self) -> list[Fact]:
        """What the company's own fields say of the order, the empty ones too."""
        return facts_of(self.own_fields, self.order.custom)

    @property
    def attribution(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.order.attribution.items() if value]


def _free_places(variant_ids: set[int]) -> dict[int, list[Place]]:
    places: dict[int, list[Place]] = defaultdict(list)
    rows = StockItem.objects.filter(variant_id__in=variant_ids, warehouse__is_active=True)
    for item in rows.select_related("warehouse").order_by("warehouse__priority", "id"):
        places[item.variant_id].append(Place(item.warehouse.name, item.available))
    return places
