"""Reads of orders for the API. The number of statements never grows with the page."""

import json
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet, Sum

from crm.accounts.permissions import Permission
from crm.api.callers import Caller
from crm.api.problems import Problem
from crm.fields.api import own_condition
from crm.fields.models import Kind
from crm.shell.formats import mask_phone
from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_all, fetch_one
from customers.models import ContactKind
from inventory.models import Reservation, ReservationState
from orders.api import outputs
from orders.models import (
    Order,
    OrderNote,
    OrderTag,
    Payment,
)
from orders.pipeline import Stage
from orders.search import find_orders
from orders.selectors.visible import Viewer, visible_condition, visible_orders

# Columns of an order as the API writes it; joined names stand in _JOINED.
_OWN = (
    "id",
    "number",
    "version",
    "external_id",
    "external_number",
    "stage",
    "status_id",
    "status_since",
    "customer_id",
    "manager_id",
    "currency",
    "lines_total",
    "discount",
    "tax",
    "prices_include_tax",
    "total",
    "rate",
    "total_base",
    "returned_total",
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
    "custom",
    "problems",
    "is_short",
    "duplicate_state",
    "duplicate_of_id",
    "cancel_reason_id",
    "placed_at",
    "created_at",
    "updated_at",
    "demand_id",
)
_JOINED = {
    "channel": "h.code",
    "status": "s.name",
    "customer": "c.name",
    "customer_language": "c.language",
    "manager": "m.display_name",
    "cancel_reason": "x.name",
    "tags": (
        "ARRAY(SELECT t.name FROM orders_ordertag t"
        " WHERE t.tenant_id = o.tenant_id AND t.order_id = o.id ORDER BY t.name)"
    ),
}
# Times are written by the database: reading fifty rows' into objects costs more than all else.
_TIMES = ("status_since", "placed_at", "created_at", "updated_at")
_ISO = """to_char(o.{} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
_NAMES = (*_OWN, *_JOINED)
_COLUMNS = ", ".join(
    [*(_ISO.format(n) if n in _TIMES else f"o.{n}" for n in _OWN), *_JOINED.values()]
)
_JOINS = """
JOIN orders_channel h ON h.tenant_id = o.tenant_id AND h.id = o.channel_id
JOIN orders_status s ON s.tenant_id = o.tenant_id AND s.id = o.status_id
JOIN customers_customer c ON c.tenant_id = o.tenant_id AND c.id = o.customer_id
LEFT JOIN accounts_membership m ON m.tenant_id = o.tenant_id AND m.id = o.manager_id
LEFT JOIN orders_cancelreason x ON x.tenant_id = o.tenant_id AND x.id = o.cancel_reason_id
"""
_FROM = f"FROM orders_order o {_JOINS}"
_READ_ONE = (
    f"SELECT {_COLUMNS} {_FROM} WHERE o.tenant_id = %s AND o.id = %s AND (%s = '' OR h.code = %s)"
)
_READ_MANY = (
    f"SELECT {_COLUMNS} {_FROM}"
    " JOIN unnest(%s::bigint[]) WITH ORDINALITY AS wanted(id, place) ON wanted.id = o.id"
    " WHERE o.tenant_id = %s ORDER BY wanted.place"
)
_OF_NEWEST = {"": "", "number": "AND number = %s", "q": "AND id = ANY(%s::bigint[])"}
_NO_FILTERS = {"limit", "expand", "fields"}
_READ_CONTACTS = """
SELECT customer_id, kind, value FROM customers_contactpoint
WHERE tenant_id = %s AND customer_id = ANY(%s::bigint[]) ORDER BY is_primary DESC, id
"""


class LineRow(NamedTuple):
    """A line as outputs.line_json() writes it."""

    id: int
    order_id: int
    position: int
    variant_id: int | None
    sku: str
    name: str
    quantity: int
    price: Decimal
    discount: Decimal
    tax_rate: Decimal
    total: Decimal
    returned: int


_READ_LINES = (
    f"SELECT {', '.join(LineRow._fields)} FROM orders_orderline"  # noqa: S608 - our own names
    " WHERE tenant_id = %s AND order_id = ANY(%s::bigint[]) ORDER BY order_id, position"
)
_READ_MOVES = """
SELECT t.order_id, t.at, t.from_stage, t.from_status_id, f.name, t.to_stage, t.to_status_id, s.name,
       t.actor_kind, t.actor_label, t.reason
FROM orders_ordertransition t
JOIN orders_status s ON s.tenant_id = t.tenant_id AND s.id = t.to_status_id
LEFT JOIN orders_status f ON f.tenant_id = t.tenant_id AND f.id = t.from_status_id
WHERE t.tenant_id = %s AND t.order_id = ANY(%s::bigint[]) ORDER BY t.id
"""
EXPANSIONS = ("customer", "lines", "payments", "transitions", "notes")


def orders_of(caller: Caller) -> QuerySet[Order]:
    """The orders that a caller may know of: a channel's key its channel's, a member their own."""
    rows = visible_orders(caller.membership)
    return rows.filter(channel__code=caller.channel_code) if caller.channel_code else rows


def find_order(order_id: int, caller: Caller) -> dict[str, Any]:
    """Return the row of one order or raise not_found. One statement, two for a narrow scope."""
    if _hides(caller):
        check_visible(order_id, caller)
    row = read_row(order_id, caller.channel_code)
    if row is None:
        raise Problem("not_found")
    return row


def read_row(order_id: int, channel_code: str = "") -> dict[str, Any] | None:
    """Return the row of one order, whoever asks. One statement."""
    row = fetch_one(_READ_ONE, [current_tenant_id(), order_id, channel_code, channel_code])
    return None if row is None else _read(row)


def read_rows(order_ids: list[int]) -> list[dict[str, Any]]:
    """Return the rows of orders in the order of their ids. One statement."""
    if not order_ids:
        return []
    rows = fetch_all(_READ_MANY, [order_ids, current_tenant_id()])
    return [_read(row) for row in rows]


def read_newest(
    wanted: Mapping[str, Any], limit: int, caller: Caller
) -> list[dict[str, Any]] | None:
    """Return the rows of the newest orders; None where they must be asked for in another way.

    What programs ask for most: the first page with no filter, or only a number or a search,
    by somebody who sees every order. One statement, and one that searches.
    """
    asked = [name for name in wanted if name not in _NO_FILTERS]
    name = asked[0] if asked else ""
    if len(asked) > 1 or name not in _OF_NEWEST or caller.channel_code or _hides(caller):
        return None
    params: list[Any] = [current_tenant_id()]
    if name == "q":
        found = find_orders(wanted["q"], viewer=caller.membership)
        if not found:
            return []
        params.append(found)
    elif name:
        params.append(wanted[name])
    return [_read(row) for row in fetch_all(_newest_statement(name, limit), params)]


@cache
def _newest_statement(name: str, limit: int) -> str:
    """With the limit as a literal: the planner must know how few rows are wanted."""
    newest = (
        f"SELECT * FROM orders_order WHERE tenant_id = %s {_OF_NEWEST[name]}"  # noqa: S608
        f" ORDER BY placed_at DESC, id DESC LIMIT {int(limit)}"
    )
    order = "ORDER BY o.placed_at DESC, o.id DESC"
    return f"SELECT {_COLUMNS} FROM ({newest}) o {_JOINS} {order}"  # noqa: S608 - our own names


def _read(values: tuple[Any, ...]) -> dict[str, Any]:
    row = dict(zip(_NAMES, values, strict=True))
    # JSON comes as text: the ORM decodes its fields itself, so the driver leaves it alone.
    row["attribution"] = json.loads(row["attribution"])
    row["custom"] = json.loads(row["custom"])
    row["problems"] = json.loads(row["problems"])
    return row


def row_of(order: Order, tags: list[str]) -> dict[str, Any]:
    """The row of an order that was placed a moment ago; nothing is read."""
    row = {name: getattr(order, name) for name in _OWN}
    row |= {name: outputs.moment(row[name]) for name in _TIMES}
    row["status"], row["channel"] = order.status.name, order.channel.code
    return row | {
        "customer": order.customer.name,
        "customer_language": order.customer.language,
        "manager": order.manager.display_name if order.manager else "",
        "cancel_reason": "",
        "tags": tags,
    }


def check_visible(order_id: int, caller: Caller) -> None:
    """Raise not_found for an order that the caller may not know of."""
    narrow = caller.channel_code or _hides(caller)
    if narrow and not orders_of(caller).filter(id=order_id).exists():
        raise Problem("not_found")


def _hides(caller: Caller) -> bool:
    return caller.membership is not None and not caller.membership.row_scope.is_all


def filter_orders(
    rows: QuerySet[Order], wanted: dict[str, Any], *, viewer: Viewer
) -> QuerySet[Order]:
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
    if "custom" in wanted:
        conditions &= own_condition(Kind.ORDER, wanted["custom"])
    if "payment" in wanted:
        conditions &= _PAYMENT[wanted["payment"]]
    if "q" in wanted:
        conditions &= Q(id__in=find_orders(wanted["q"], viewer=viewer))
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
    "unpaid": Q(total__gt=F("returned_total"), paid=F("refunded"), refunded=0),
    "refunded": Q(refunded__gt=0, paid=F("refunded")),
    "partly_paid": Q(paid__gt=F("refunded"), total__gt=_KEPT + F("returned_total")),
    "paid": Q(total=_KEPT + F("returned_total")) & (Q(paid__gt=F("refunded")) | Q(refunded=0)),
    "overpaid": Q(total__lt=_KEPT + F("returned_total")),
}


def write_orders(
    rows: list[dict[str, Any]],
    *,
    company_currency: str,
    expand: Collection[str],
    viewer: Viewer,
) -> list[dict[str, Any]]:
    """Write rows as JSON values with their expansions: a statement or two for each.

    What an order may repeat is named where the viewer may know of it, and phones are masked for
    whoever may not see them whole.
    """
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    _forget_hidden_twins(rows, viewer)
    written = {row["id"]: outputs.order_json(row, company_currency) for row in rows}
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
        for values in fetch_all(_READ_MOVES, [current_tenant_id(), ids]):
            move = outputs.MoveRow(*values)
            written[move.order_id]["transitions"].append(outputs.transition_json(move))
    if "notes" in expand:
        _prepare(written, "notes")
        notes = OrderNote.objects.filter(order_id__in=ids).select_related("author")
        for note in notes.order_by("id"):
            author = note.author.display_name if note.author else None
            written[note.order_id]["notes"].append(outputs.note_json(note, author))
    if viewer is not None and not viewer.can(Permission.PHONES_VIEW):
        for order in written.values():
            _mask_phones(order)
    return [written[order_id] for order_id in ids]


def _forget_hidden_twins(rows: list[dict[str, Any]], viewer: Viewer) -> None:
    condition = visible_condition(viewer)
    twins = {row["duplicate_of_id"] for row in rows} - {None}
    if condition is None or not twins:
        return
    seen = set(Order.objects.filter(condition, id__in=twins).values_list("id", flat=True))
    for row in rows:
        if row["duplicate_of_id"] not in seen:
            row["duplicate_of_id"] = None


def _mask_phones(order: dict[str, Any]) -> None:
    for person in (order["recipient"], order["customer"]):
        if person.get("phone"):
            person["phone"] = mask_phone(person["phone"])


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
    for values in fetch_all(_READ_LINES, [current_tenant_id(), list(written)]):
        line = LineRow(*values)
        written[line.order_id]["lines"].append(
            outputs.line_json(line, currencies[line.order_id], waiting.get(line.id, 0))
        )


def _expand_customers(rows: list[dict[str, Any]], written: dict[int, dict[str, Any]]) -> None:
    ids = {row["customer_id"] for row in rows}
    contacts: dict[tuple[int, str], str] = {}
    for customer_id, kind, value in fetch_all(_READ_CONTACTS, [current_tenant_id(), list(ids)]):
        contacts.setdefault((customer_id, kind), value)
    for row in rows:
        customer_id = row["customer_id"]
        written[row["id"]]["customer"] |= {
            "phone": contacts.get((customer_id, ContactKind.PHONE)),
            "email": contacts.get((customer_id, ContactKind.EMAIL)),
            "language": row["customer_language"] or None,
        }
