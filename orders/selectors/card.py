"""The card of one order: everything its page shows, each part read when it is asked for."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.fields.models import FieldDefinition, Kind
from crm.fields.selectors import Fact, facts_of, list_definitions
from customers.models import Address, ContactKind, ContactPoint
from orders.guards import may_follow
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
from orders.pipeline import Stage
from orders.selectors.directory import read_directory
from orders.selectors.goods import GoodsRow, list_goods
from orders.selectors.history import LAST_ORDERS, History, read_history
from orders.selectors.moves import Move, list_moves
from orders.selectors.tags import ColoredTag, tag_color
from orders.selectors.visible import Viewer, visible_orders


def get_order(*, number: int, viewer: Viewer) -> Order | None:
    """Return an order of the viewer's with its customer. One query."""
    return visible_orders(viewer).select_related("customer").filter(number=number).first()


class OrderCard:
    """One order for one member. A part costs its queries only where it is shown."""

    def __init__(self, order: Order, membership: Membership, now: datetime) -> None:
        """Three queries, for the directory: joined to the order, planning would cost more."""
        self.order = order
        self.membership = membership
        self.now = now
        self.directory = read_directory()
        order.status = self.directory.statuses[order.status_id]
        order.channel = self.directory.channels[order.channel_id]
        order.manager = self.directory.members[order.manager_id] if order.manager_id else None

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
        """By its status, once the customer has the first answer, which has a clock of its own."""
        limit = self.order.status.hours_limit
        return not self.waits_for_answer and bool(limit) and self.age > timedelta(hours=limit or 0)

    @property
    def waits_for_answer(self) -> bool:
        return self.order.awaits_answer

    @property
    def answer_is_late(self) -> bool:
        return self.order.is_answer_late(self.now)

    @cached_property
    def statuses(self) -> list[Status]:
        """The company's statuses inside the present stage, as far as its rules let the order."""
        here = self.order.status
        return [
            status
            for status in self.directory.statuses_of(Stage(self.order.stage))
            if status.pk == here.pk or may_follow(here, status)
        ]

    @property
    def managers(self) -> list[Membership]:
        """Who may be given the order."""
        return [member for member in self.directory.managers if member.is_active]

    @cached_property
    def moves(self) -> list[Move]:
        """The stages that can follow, with what each lacks. At most six queries."""
        return list_moves(self.order, can=self.can, directory=self.directory)

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
    def lines(self) -> list[GoodsRow]:
        """The lines with stock and what is held for them. Three queries."""
        return list_goods(self.order)

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
    def is_over(self) -> bool:
        """Cancelled or come back as a whole: it costs nothing, and what was paid is to go back."""
        return self.order.stage in (Stage.CANCELLED, Stage.RETURNED)

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
