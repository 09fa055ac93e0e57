"""Reads of orders for the API. The number of statements never grows with the page."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from crm.api.problems import Problem
from customers.models import ContactKind, ContactPoint
from inventory.models import Reservation, ReservationState
from orders.api import outputs
from orders.api.searching import find_order_ids
from orders.models import (
    Order,
    OrderLine,
    OrderNote,
    OrderTag,
    OrderTransition,
    Payment,
)
from orders.pipeline import Stage

ROW = (
    "id",
    "number",
    "version",
    "external_id",
    "external_number",
    "channel__code",
    "stage",
    "status_id",
    "status__name",
    "status_since",
    "customer_id",
    "customer__name",
    "customer__language",
    "manager_id",
    "manager__display_name",
    "currency",
    "lines_total",
    "discount",
    "tax",
    "prices_include_tax",
    "total",
    "rate",
    "total_base",
    "payment_method",
    "paid",
    "refunded",
    "recipient_name",
    "recipient_phone",
    "delivery_method",
    "delivery_city",
    "delivery_branch",
    "delivery_street",
    "delivery_price",
    "ship_date",
    "ship_from",
    "ship_till",
    "customer_comment",
    "manager_comment",
    "attribution",
    "problems",
    "is_short",
    "duplicate_state",
    "duplicate_of_id",
    "cancel_reason_id",
    "cancel_reason__name",
    "placed_at",
    "created_at",
    "updated_at",
    "demand_id",
)
EXPANSIONS = ("customer", "lines", "payments", "transitions", "notes")


def visible_orders(channel_code: str) -> QuerySet[Order]:
    """The orders that a caller may see: a channel's key sees its channel."""
    rows = Order.objects.all()
    return rows.filter(channel__code=channel_code) if channel_code else rows


def find_order(order_id: int, channel_code: str) -> dict[str, Any]:
    """Return the row of one order or raise not_found. One statement."""
    row = visible_orders(channel_code).filter(id=order_id).values(*ROW).first()
    if row is None:
        raise Problem("not_found")
    return row


def row_of(order: Order) -> dict[str, Any]:
    """The row of an order that was placed a moment ago; nothing is read."""
    row = {name: getattr(order, name) for name in ROW if "__" not in name}
    return row | {
        "status__name": order.status.name,
        "channel__code": order.channel.code,
        "customer__name": order.customer.name,
        "customer__language": order.customer.language,
        "manager__display_name": order.manager.display_name if order.manager_id else "",
        "cancel_reason__name": "",
    }


def check_visible(order_id: int, channel_code: str) -> None:
    """Raise not_found for an order of another channel than the key's."""
    if channel_code and not visible_orders(channel_code).filter(id=order_id).exists():
        raise Problem("not_found")


def filter_orders(rows: QuerySet[Order], wanted: dict[str, Any]) -> QuerySet[Order]:
    """Apply the list's parameters."""
    conditions = Q()
    for name, column in _EQUAL.items():
        if name in wanted:
            conditions &= Q(**{column: wanted[name]})
    if "stage" in wanted:
        conditions &= Q(stage__in=[Stage.from_word(word) for word in wanted["stage"]])
    if "tag" in wanted:
        tagged = OrderTag.objects.filter(name=wanted["tag"]).values("order_id")
        conditions &= Q(id__in=tagged)
    if "payment" in wanted:
        conditions &= _PAYMENT[wanted["payment"]]
    if "q" in wanted:
        conditions &= Q(id__in=find_order_ids(wanted["q"]))
    return rows.filter(conditions)


_EQUAL = {
    "status": "status_id__in",
    "channel": "channel__code",
    "manager": "manager_id__in",
    "customer": "customer_id",
    "external_id": "external_id",
    "number": "number",
    "placed_from": "placed_at__gte",
    "placed_to": "placed_at__lt",
    "updated_from": "updated_at__gte",
    "has_problems": "has_problems",
    "is_short": "is_short",
}
_KEPT = F("paid") - F("refunded")
_PAYMENT = {
    "unpaid": Q(total__gt=0, paid=F("refunded"), refunded=0),
    "refunded": Q(refunded__gt=0, paid=F("refunded")),
    "partly_paid": Q(paid__gt=F("refunded"), total__gt=_KEPT),
    "paid": Q(total=_KEPT) & (Q(paid__gt=F("refunded")) | Q(refunded=0)),
    "overpaid": Q(total__lt=_KEPT),
}


def write_orders(
    rows: list[dict[str, Any]], *, company_currency: str, expand: Collection[str]
) -> list[dict[str, Any]]:
    """Write rows as JSON values with their tags and expansions: a statement or two for each."""
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    tags: dict[int, list[str]] = defaultdict(list)
    for order_id, name in (
        OrderTag.objects.filter(order_id__in=ids).order_by("name").values_list("order_id", "name")
    ):
        tags[order_id].append(name)
    written = {}
    for row in rows:
        row["tags"] = tags.get(row["id"], [])
        written[row["id"]] = outputs.order_json(row, company_currency)
    currencies = {row["id"]: row["currency"] for row in rows}
    if "customer" in expand:
        _expand_customers(rows, written)
    if "lines" in expand:
        _expand_lines(rows, written)
    if "payments" in expand:
        _prepare(written, "payments")
        for payment in Payment.objects.filter(order_id__in=ids).order_by("id"):
            written[payment.order_id]["payments"].append(
                outputs.payment_json(payment, currencies[payment.order_id])
            )
    if "transitions" in expand:
        _prepare(written, "transitions")
        moves = OrderTransition.objects.filter(order_id__in=ids)
        for move in moves.select_related("from_status", "to_status").order_by("id"):
            written[move.order_id]["transitions"].append(outputs.transition_json(move))
    if "notes" in expand:
        _prepare(written, "notes")
        notes = OrderNote.objects.filter(order_id__in=ids).select_related("author")
        for note in notes.order_by("id"):
            author = note.author.display_name if note.author else None
            written[note.order_id]["notes"].append(outputs.note_json(note, author))
    return [written[order_id] for order_id in ids]


def _prepare(written: dict[int, dict[str, Any]], name: str) -> None:
    for order in written.values():
        order[name] = []


def _expand_lines(rows: list[dict[str, Any]], written: dict[int, dict[str, Any]]) -> None:
    _prepare(written, "lines")
    short = [row["demand_id"] for row in rows if row["is_short"]]
    waiting: dict[int, int] = {}
    if short:
        waiting = dict(
            Reservation.objects.filter(demand_id__in=short, state=ReservationState.WAITING)
            .values_list("line")
            .annotate(units=Sum("quantity"))
        )
    currencies = {row["id"]: row["currency"] for row in rows}
    for line in OrderLine.objects.filter(order_id__in=list(written)).order_by("position"):
        written[line.order_id]["lines"].append(
            outputs.line_json(line, currencies[line.order_id], waiting.get(line.id, 0))
        )


def _expand_customers(rows: list[dict[str, Any]], written: dict[int, dict[str, Any]]) -> None:
    ids = {row["customer_id"] for row in rows}
    contacts: dict[tuple[int, str], str] = {}
    for customer_id, kind, value in (
        ContactPoint.objects.filter(customer_id__in=ids)
        .order_by("-is_primary", "id")
        .values_list("customer_id", "kind", "value")
    ):
        contacts.setdefault((customer_id, kind), value)
    for row in rows:
        customer_id = row["customer_id"]
        written[row["id"]]["customer"] |= {
            "phone": contacts.get((customer_id, ContactKind.PHONE)),
            "email": contacts.get((customer_id, ContactKind.EMAIL)),
            "language": row["customer__language"] or None,
        }
