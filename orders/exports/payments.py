"""Payments and refunds, each with its order. What went back is below zero: the column adds up."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.exports.days import in_days
from crm.exports.registry import Asker, Column, Selection
from orders.bulk.selection import Selection as Orders
from orders.exports.rows import choice_text
from orders.models import Payment, PaymentMethod
from orders.models.records import PaymentKind


@dataclass(slots=True)
class PaymentRow:
    payment: Payment
    extra: dict[str, Any] = field(default_factory=dict)


def find_payments(selection: Selection, asker: Asker) -> QuerySet[Payment]:
    """The payments of the orders that the list finds."""
    orders = Orders.from_json(selection).find(viewer=asker.member, now=asker.now)
    rows = Payment.objects.filter(order_id__in=orders.order_by().values("id"))
    return in_days(rows, "paid_at", selection)


def read_payments(_selection: Selection, ids: Sequence[int], _asker: Asker) -> list[PaymentRow]:
    """Return the payments in the order of the ids. One query."""
    rows = Payment.objects.select_related("order__customer").in_bulk(list(ids))
    return [PaymentRow(rows[pk]) for pk in ids if pk in rows]


def _amount(row: PaymentRow) -> Any:
    payment = row.payment
    return -payment.amount if payment.kind == PaymentKind.REFUND else payment.amount


COLUMNS = (
    Column("number", _("№"), lambda r: r.payment.order.label),
    Column("paid_at", _("Date"), lambda r: r.payment.paid_at),
    Column("kind", _("What"), lambda r: choice_text(PaymentKind, r.payment.kind)),
    Column("amount", _("Amount"), _amount),
    Column("currency", _("Currency"), lambda r: r.payment.order.currency),
    Column("method", _("Payment"), lambda r: choice_text(PaymentMethod, r.payment.method)),
    Column("customer", _("Customer"), lambda r: r.payment.order.customer.name),
    Column("external_id", _("Number in the payment system"), lambda r: r.payment.external_id),
    Column("comment", _("Comment"), lambda r: r.payment.comment),
    Column("recorded_by", _("Recorded by"), lambda r: r.payment.recorded_by),
    Column("created_at", _("Recorded"), lambda r: r.payment.created_at),
)
