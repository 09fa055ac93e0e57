"""Orders as rows of a table and cards of a board: all that is printed, nothing asked later."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import QuerySet

from crm.accounts.models import Membership
from crm.shell.formats import HUES
from crm.shell.icons import FALLBACK, is_icon
from crm.tenancy.context import current_tenant_id
from customers.models import ContactKind, ContactPoint, Customer
from orders.models import (
    Channel,
    DeliveryMethod,
    DuplicateState,
    Order,
    OrderTag,
    PaymentMethod,
    Status,
)
from orders.pipeline import BEFORE_SHIPPED, OPEN
from orders.selectors.directory import Directory
from orders.selectors.tags import ColoredTag, tag_color

# What a row prints. The long texts of an order are left in the database.
ROW_FIELDS = (
    "tenant_id", "id", "number", "prefix", "external_number", "stage", "status_id", "status_since",
    "channel_id", "customer_id", "manager_id", "currency", "total",
    "total_base", "paid", "refunded", "returned_total", "payment_method",
    "recipient_name", "recipient_phone",
    "delivery_method", "delivery_city", "ship_date", "has_problems", "is_short",
    "duplicate_state", "placed_at", "respond_by", "responded_at", "version", "custom",
)  # fmt: skip

_GOODS = """
SELECT order_id, (array_agg(name ORDER BY position))[1], count(*), sum(quantity)
FROM orders_orderline WHERE tenant_id = %s AND order_id = ANY(%s) GROUP BY order_id
"""


@dataclass(frozen=True, slots=True)
class Goods:
    """The first line's name, how many lines follow it, and units in all."""

    first: str = ""
    more: int = 0
    units: int = 0


@dataclass(slots=True)
class OrderRow:
    """One order with what is read beside it."""

    order: Order
    status: Status
    channel: Channel
    manager: Membership | None
    now: datetime
    today: date
    customer: str = ""
    phone: str = ""
    goods: Goods = Goods()
    tags: list[str] = field(default_factory=list)

    @property
    def hue(self) -> str:
        return self.status.color if self.status.color in HUES else "gray"

    @property
    def glyph(self) -> str:
        return self.status.icon if is_icon(self.status.icon) else FALLBACK

    @property
    def name(self) -> str:
        return self.customer or self.order.recipient_name

    @property
    def payment(self) -> str:
        """ "paid", "part", "unpaid", or nothing where there is nothing to pay."""
        net = self.order.paid - self.order.refunded
        owed = self.order.total - self.order.returned_total
        if owed <= 0:
            return ""
        if net >= owed:
            return "paid"
        return "part" if net > 0 else "unpaid"

    @property
    def due(self) -> Decimal:
        return self.order.due

    @property
    def payment_word(self) -> str:
        try:
            return str(PaymentMethod(self.order.payment_method).label)
        except ValueError:
            return ""

    @property
    def delivery(self) -> str:
        try:
            return str(DeliveryMethod(self.order.delivery_method).label)
        except ValueError:
            return ""

    @property
    def in_status(self) -> timedelta:
        return self.now - self.order.status_since

    @property
    def allowed(self) -> timedelta | None:
        """How long the order may stand where it is."""
        if self.order.stage not in OPEN or not self.status.hours_limit:
            return None
        return timedelta(hours=self.status.hours_limit)

    @property
    def no_answer(self) -> bool:
        return self.order.is_answer_late(self.now)

    @property
    def is_late(self) -> bool:
        """While the first answer is due, by it: it is promised in hours of work."""
        if self.order.awaits_answer:
            return self.no_answer
        return self.allowed is not None and self.in_status > self.allowed

    @property
    def is_soon(self) -> bool:
        """Three quarters of the allowed time have passed."""
        if self.order.awaits_answer:
            return False
        return self.allowed is not None and self.in_status > self.allowed * 0.75

    @property
    def ship_is_past(self) -> bool:
        """The day of shipment has gone by and the order is still here."""
        day = self.order.ship_date
        return day is not None and day < self.today and self.order.stage in BEFORE_SHIPPED

    @property
    def ship_is_near(self) -> bool:
        """Yesterday, today or tomorrow: said in a word."""
        day = self.order.ship_date
        return day is not None and abs((day - self.today).days) <= 1

    @property
    def ship_is_this_year(self) -> bool:
        return self.order.ship_date is not None and self.order.ship_date.year == self.today.year

    @property
    def is_short(self) -> bool:
        return self.order.is_short and self.order.stage in BEFORE_SHIPPED

    @property
    def is_suspected(self) -> bool:
        return self.order.duplicate_state == DuplicateState.SUSPECTED


def as_rows(
    orders: QuerySet[Order] | Sequence[Order], *, directory: Directory, now: datetime, today: date
) -> list[OrderRow]:
    """Return the orders as rows, in their order. Four queries, and the orders' own.

    Customers are read after the orders: joined, they would be looked up for every order that
    is sorted, not only for those that are shown.
    """
    found = list(orders)
    if not found:
        return []
    ids = [order.pk for order in found]
    customer_ids = {order.customer_id for order in found}
    names = dict(Customer.objects.filter(id__any_of=customer_ids).values_list("id", "name"))
    phones = _phones(customer_ids)
    goods = _goods(ids)
    tags = _tags(ids)
    return [
        OrderRow(
            order=order,
            status=directory.statuses[order.status_id],
            channel=directory.channels[order.channel_id],
            manager=directory.members.get(order.manager_id) if order.manager_id else None,
            now=now,
            today=today,
            customer=names.get(order.customer_id, ""),
            phone=phones.get(order.customer_id) or order.recipient_phone,
            goods=goods.get(order.pk, Goods()),
            tags=tags.get(order.pk, []),
        )
        for order in found
    ]


def _phones(customer_ids: set[int]) -> dict[int, str]:
    pairs = (
        ContactPoint.objects.filter(customer_id__in=customer_ids, kind=ContactKind.PHONE)
        .order_by("is_primary", "-id")
        .values_list("customer_id", "value")
    )
    return dict(pairs)


def _goods(ids: list[int]) -> dict[int, Goods]:
    with connection.cursor() as cursor:
        cursor.execute(_GOODS, [current_tenant_id(), ids])
        return {
            order_id: Goods(first, lines - 1, units)
            for order_id, first, lines, units in cursor.fetchall()
        }


def _tags(ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    rows = OrderTag.objects.filter(order_id__in=ids).order_by("id").annotate(color=tag_color())
    for order_id, name, color in rows.values_list("order_id", "name", "color"):
        found.setdefault(order_id, []).append(ColoredTag(name, color))
    return found
