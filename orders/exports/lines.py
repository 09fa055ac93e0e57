"""Orders with a row for each line: the file that the import of orders understands.

What is the whole order's (sums, discount, delivery) stands in its first row alone, so that a
column adds up to what the orders are worth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.accounts.permissions import Permission
from crm.exports.registry import Asker, Column, Selection
from orders.exports.rows import ExportRow, choice_text, phone_cell, read_rows
from orders.models import DeliveryMethod, OrderLine, PaymentMethod
from orders.pipeline import Stage
from orders.stages import STAGE_LABELS


@dataclass(slots=True)
class LineRow:
    """A line of an order; `is_first` of its order. An order without lines has one row."""

    whole: ExportRow
    line: OrderLine | None
    is_first: bool
    extra: dict[str, Any] = field(default_factory=dict)


def read_lines(_selection: Selection, order_ids: Sequence[int], _asker: Asker) -> list[LineRow]:
    """Return the lines of the orders, in the order of the ids. Nine queries, however many."""
    return [
        LineRow(whole, line, place == 0)
        for whole in read_rows(order_ids)
        for place, line in enumerate(whole.lines or [None])
    ]


def own_values(row: LineRow) -> dict[str, Any]:
    """The company's own fields, in the order's first row."""
    return row.whole.order.custom if row.is_first else {}


def _once(value: Callable[[ExportRow], Any]) -> Callable[[LineRow], Any]:
    """A value of the whole order."""
    return lambda row: value(row.whole) if row.is_first else None


def _line(value: Callable[[OrderLine], Any]) -> Callable[[LineRow], Any]:
    return lambda row: value(row.line) if row.line is not None else None


def _cost(line: OrderLine) -> Decimal | None:
    return None if line.unit_cost is None else line.unit_cost * line.quantity


COLUMNS = (
    Column("number", _("№"), lambda r: r.whole.order.label),
    Column("placed_at", _("Order date"), lambda r: r.whole.order.placed_at),
    Column("channel", _("Channel"), lambda r: r.whole.channel.name),
    Column("status", _("Status"), lambda r: r.whole.status.title),
    Column("stage", _("Stage"), lambda r: str(STAGE_LABELS[Stage(r.whole.order.stage)])),
    Column("sku", _("SKU"), _line(lambda line: line.sku)),
    Column("item", pgettext_lazy("a column of an import", "Product"), _line(lambda x: x.name)),
    Column("quantity", _("Quantity"), _line(lambda line: line.quantity)),
    Column("price", _("Price"), _line(lambda line: line.price)),
    Column("line_discount", _("Discount of the line"), _line(lambda line: line.discount)),
    Column("line_total", _("Sum"), _line(lambda line: line.total)),
    Column("line_cost", _("Cost"), _line(_cost), Permission.COSTS_VIEW),
    Column("returned", pgettext_lazy("units", "Returned"), _line(lambda line: line.returned)),
    Column("discount", _("Discount of the order"), _once(lambda r: r.order.discount)),
    Column("delivery_price", _("Delivery price"), _once(lambda r: r.order.delivery_price)),
    Column("tax", _("Tax"), _once(lambda r: r.order.tax)),
    Column("total", _("Total"), _once(lambda r: r.order.total)),
    Column("paid", _("Paid"), _once(lambda r: r.order.paid)),
    Column("currency", _("Currency"), lambda r: r.whole.order.currency),
    Column(
        "payment_method",
        _("Payment"),
        lambda r: choice_text(PaymentMethod, r.whole.order.payment_method),
    ),
    Column("customer", _("Customer"), lambda r: r.whole.customer),
    Column("phone", _("Phone"), lambda r: phone_cell(r.whole.phone)),
    Column("email", _("E-mail"), lambda r: r.whole.email),
    Column("recipient", _("Recipient"), lambda r: r.whole.order.recipient_name),
    Column("recipient_phone", _("Recipient’s phone"),
           lambda r: phone_cell(r.whole.order.recipient_phone)),
    Column(
        "delivery_method",
        _("Delivery"),
        lambda r: choice_text(DeliveryMethod, r.whole.order.delivery_method),
    ),
    Column("city", _("City"), lambda r: r.whole.order.delivery_city),
    Column("branch", _("Branch or locker"), lambda r: r.whole.order.delivery_branch),
    Column("street", _("Address"), lambda r: r.whole.order.delivery_street),
    Column("tracking", _("Tracking number"), lambda r: ", ".join(r.whole.tracking)),
    Column("manager", _("Manager"), lambda r: r.whole.manager),
    Column("comment", _("Customer’s comment"), lambda r: r.whole.order.customer_comment),
    Column("note", _("Manager's note"), lambda r: r.whole.order.manager_comment),
    Column("tags", _("Tags"), lambda r: "; ".join(r.whole.tags)),
)  # fmt: skip
