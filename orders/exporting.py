"""The columns of exported orders.

A column is a name for programs, a heading for people, a function of an ExportRow, and the
permission that reading it takes. Whoever exports orders, by whatever way, takes them from here.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.masking import phones_are_hidden
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.shell.formats import phone_text
from customers.models import ContactKind, ContactPoint, Customer
from orders.models import (
    Channel,
    DeliveryMethod,
    Order,
    OrderLine,
    OrderTag,
    Parcel,
    PaymentMethod,
    Status,
)

Text = str | Promise


@dataclass(slots=True)
class ExportRow:
    """An order with what its columns read; see `read_rows`."""

    order: Order
    status: Status
    channel: Channel
    manager: str = ""
    customer: str = ""
    email: str = ""
    lines: list[OrderLine] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    tracking: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column. `value` returns text, a number, a day or a moment; crm.tables spells it."""

    name: str
    header: Text
    value: Callable[[ExportRow], Any]
    permission: Permission | None = None


def _choice(choices: Any, value: str) -> str:
    return str(choices(value).label) if value in choices.values else value


def _phone(text: str) -> str:
    return phone_text(text) if phones_are_hidden() else text


def _cost(row: ExportRow) -> Decimal | None:
    """What the goods cost the company; nothing where the cost of a line is unknown."""
    costs = [line.unit_cost for line in row.lines]
    if not costs or any(cost is None for cost in costs):
        return None
    costed = (line.quantity * (line.unit_cost or Decimal(0)) for line in row.lines)
    return sum(costed, Decimal(0))


def _margin(row: ExportRow) -> Decimal | None:
    cost = _cost(row)
    return None if cost is None else row.order.lines_total - row.order.discount - cost


COLUMNS: dict[str, ExportColumn] = {
    column.name: column
    for column in (
        ExportColumn("number", _("№"), lambda r: r.order.label),
        ExportColumn(
            "external_number", _("Number in the store"), lambda r: r.order.external_number
        ),
        ExportColumn("placed_at", _("Placed"), lambda r: r.order.placed_at),
        ExportColumn("channel", _("Channel"), lambda r: r.channel.name),
        ExportColumn("status", _("Status"), lambda r: r.status.name),
        ExportColumn("stage", _("Stage"), lambda r: r.order.stage_word),
        ExportColumn("manager", _("Manager"), lambda r: r.manager),
        ExportColumn("customer", _("Customer"), lambda r: r.customer),
        ExportColumn("email", _("E-mail"), lambda r: r.email),
        ExportColumn("recipient_name", _("Recipient"), lambda r: r.order.recipient_name),
        ExportColumn(
            "recipient_phone", _("Recipient’s phone"), lambda r: _phone(r.order.recipient_phone)
        ),
        ExportColumn(
            "delivery_method",
            _("Delivery"),
            lambda r: _choice(DeliveryMethod, r.order.delivery_method),
        ),
        ExportColumn("delivery_city", _("City"), lambda r: r.order.delivery_city),
        ExportColumn("delivery_branch", _("Branch or locker"), lambda r: r.order.delivery_branch),
        ExportColumn("delivery_street", _("Address"), lambda r: r.order.delivery_street),
        ExportColumn("tracking", _("Tracking number"), lambda r: ", ".join(r.tracking)),
        ExportColumn("ship_date", _("Ship on"), lambda r: r.order.ship_date),
        ExportColumn(
            "goods",
            _("Goods"),
            lambda r: "; ".join(f"{line.quantity} × {line.name}" for line in r.lines),
        ),
        ExportColumn("units", _("Units"), lambda r: sum(line.quantity for line in r.lines)),
        ExportColumn("currency", _("Currency"), lambda r: r.order.currency),
        ExportColumn("lines_total", _("Sum of goods"), lambda r: r.order.lines_total),
        ExportColumn("discount", _("Discount"), lambda r: r.order.discount),
        ExportColumn("delivery_price", _("Delivery price"), lambda r: r.order.delivery_price),
        ExportColumn("tax", _("Tax"), lambda r: r.order.tax),
        ExportColumn("total", _("Total"), lambda r: r.order.total),
        ExportColumn(
            "payment_method", _("Payment"), lambda r: _choice(PaymentMethod, r.order.payment_method)
        ),
        ExportColumn("paid", _("Paid"), lambda r: r.order.paid),
        ExportColumn("refunded", _("Refunded"), lambda r: r.order.refunded),
        ExportColumn("due", _("To pay"), lambda r: r.order.due),
        ExportColumn("cost", _("Cost"), _cost, Permission.COSTS_VIEW),
        ExportColumn("margin", _("Margin"), _margin, Permission.COSTS_VIEW),
        ExportColumn("tags", _("Tags"), lambda r: ", ".join(r.tags)),
        ExportColumn(
            "customer_comment", _("Customer’s comment"), lambda r: r.order.customer_comment
        ),
        ExportColumn("manager_comment", _("Our comment"), lambda r: r.order.manager_comment),
    )
}


def columns_for(member: Membership, names: Iterable[str] | None = None) -> list[ExportColumn]:
    """The columns asked for (all for None) that the member may read, in the order asked for."""
    wanted = COLUMNS.values() if names is None else [COLUMNS[n] for n in names if n in COLUMNS]
    return [c for c in wanted if c.permission is None or member.can(c.permission)]


def read_rows(order_ids: Sequence[int]) -> list[ExportRow]:
    """Return the orders in the order of the ids. Nine queries, however many."""
    orders = Order.objects.defer("attribution", "intake_hash").in_bulk(list(order_ids))
    found = [orders[pk] for pk in order_ids if pk in orders]
    customers = {order.customer_id for order in found}
    statuses, channels = Status.objects.in_bulk(), Channel.objects.in_bulk()
    managers = dict(Membership.objects.values_list("id", "display_name"))
    names = dict(Customer.objects.filter(id__any_of=customers).values_list("id", "name"))
    emails = dict(
        ContactPoint.objects.filter(customer_id__in=customers, kind=ContactKind.EMAIL)
        .order_by("is_primary", "-id")
        .values_list("customer_id", "value")
    )
    rows = {
        order.pk: ExportRow(
            order,
            statuses[order.status_id],
            channels[order.channel_id],
            manager=managers.get(order.manager_id, "") if order.manager_id else "",
            customer=names.get(order.customer_id, ""),
            email=emails.get(order.customer_id, ""),
        )
        for order in found
    }
    ids = list(rows)
    for line in OrderLine.objects.filter(order_id__in=ids).order_by("order_id", "position"):
        rows[line.order_id].lines.append(line)
    for tag in OrderTag.objects.filter(order_id__in=ids).order_by("id"):
        rows[tag.order_id].tags.append(tag.name)
    for parcel in Parcel.objects.filter(order_id__in=ids).exclude(tracking_number=""):
        rows[parcel.order_id].tracking.append(parcel.tracking_number)
    return [rows[order.pk] for order in found]


def cells_of(columns: Sequence[ExportColumn], row: ExportRow) -> list[Any]:
    """Return the values of a row as a table is given them."""
    return [column.value(row) for column in columns]
