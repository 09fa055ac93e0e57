"""Orders with what their columns read, and the columns: for files and for paper."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.accounts.masking import phones_are_hidden
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.exports.registry import Column
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


@dataclass(slots=True)
class ExportRow:
    """An order with what its columns read; see `read_rows`."""

    order: Order
    status: Status
    channel: Channel
    manager: str = ""
    customer: str = ""
    email: str = ""
    phone: str = ""
    lines: list[OrderLine] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    tracking: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)


def choice_text(choices: Any, value: str) -> str:
    """What a choice is called; one that is no longer there as it was kept."""
    return str(choices(value).label) if value in choices.values else value


def phone_cell(text: str) -> str:
    """A phone as it is dialled, or masked for who may not see it whole."""
    return phone_text(text) if text and phones_are_hidden() else text


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


COLUMNS = (
    Column("number", _("№"), lambda r: r.order.label),
    Column("external_number", _("Number in the store"), lambda r: r.order.external_number),
    Column("placed_at", _("Placed"), lambda r: r.order.placed_at),
    Column("channel", _("Channel"), lambda r: r.channel.name),
    Column("status", _("Status"), lambda r: r.status.title),
    Column("status_since", _("In the status since"), lambda r: r.order.status_since),
    Column("stage", _("Stage"), lambda r: r.order.stage_word),
    Column("manager", _("Manager"), lambda r: r.manager),
    Column("customer", _("Customer"), lambda r: r.customer),
    Column("email", _("E-mail"), lambda r: r.email),
    Column("recipient_name", _("Recipient"), lambda r: r.order.recipient_name),
    Column(
        "recipient_phone", _("Recipient’s phone"), lambda r: phone_cell(r.order.recipient_phone)
    ),
    Column(
        "delivery_method",
        _("Delivery"),
        lambda r: choice_text(DeliveryMethod, r.order.delivery_method),
    ),
    Column("delivery_city", _("City"), lambda r: r.order.delivery_city),
    Column("delivery_branch", _("Branch or locker"), lambda r: r.order.delivery_branch),
    Column("delivery_street", _("Address"), lambda r: r.order.delivery_street),
    Column("tracking", _("Tracking number"), lambda r: ", ".join(r.tracking)),
    Column("ship_date", _("Ship on"), lambda r: r.order.ship_date),
    Column(
        "goods",
        _("Goods"),
        lambda r: "; ".join(f"{line.quantity} × {line.name}" for line in r.lines),
    ),
    Column("units", _("Units"), lambda r: sum(line.quantity for line in r.lines)),
    Column("currency", _("Currency"), lambda r: r.order.currency),
    Column("lines_total", _("Sum of goods"), lambda r: r.order.lines_total),
    Column("discount", _("Discount"), lambda r: r.order.discount),
    Column("delivery_price", _("Delivery price"), lambda r: r.order.delivery_price),
    Column("tax", _("Tax"), lambda r: r.order.tax),
    Column("total", _("Total"), lambda r: r.order.total),
    Column(
        "payment_method", _("Payment"), lambda r: choice_text(PaymentMethod, r.order.payment_method)
    ),
    Column("paid", _("Paid"), lambda r: r.order.paid),
    Column("refunded", _("Refunded"), lambda r: r.order.refunded),
    Column("returned_total", _("Goods that came back"), lambda r: r.order.returned_total),
    Column("due", _("To pay"), lambda r: r.order.due),
    Column("cost", _("Cost"), _cost, Permission.COSTS_VIEW),
    Column("margin", _("Margin"), _margin, Permission.COSTS_VIEW),
    Column("tags", _("Tags"), lambda r: ", ".join(r.tags)),
    Column("customer_comment", _("Customer’s comment"), lambda r: r.order.customer_comment),
    Column("manager_comment", _("Our comment"), lambda r: r.order.manager_comment),
)


def read_rows(order_ids: Sequence[int]) -> list[ExportRow]:
    """Return the orders in the order of the ids. Nine queries, however many."""
    orders = Order.objects.defer("attribution", "intake_hash").in_bulk(list(order_ids))
    found = [orders[pk] for pk in order_ids if pk in orders]
    customers = {order.customer_id for order in found}
    statuses, channels = Status.objects.in_bulk(), Channel.objects.in_bulk()
    managers = dict(Membership.objects.values_list("id", "display_name"))
    names = dict(Customer.objects.filter(id__any_of=customers).values_list("id", "name"))
    contacts = {
        (owner, kind): value
        for owner, kind, value in ContactPoint.objects.filter(customer_id__in=customers)
        .order_by("is_primary", "-id")
        .values_list("customer_id", "kind", "value")
    }
    rows = {
        order.pk: ExportRow(
            order,
            statuses[order.status_id],
            channels[order.channel_id],
            manager=managers.get(order.manager_id, "") if order.manager_id else "",
            customer=names.get(order.customer_id, ""),
            email=contacts.get((order.customer_id, ContactKind.EMAIL.value), ""),
            phone=contacts.get((order.customer_id, ContactKind.PHONE.value), ""),
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
