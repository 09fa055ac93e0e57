"""The list of orders, a page at a time by keyset: the last page costs what the first does."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from orders.models import Order
from orders.selectors.counts import CAP
from orders.selectors.directory import Directory
from orders.selectors.filters import OrderFilters, filter_orders
from orders.selectors.rows import ROW_FIELDS, OrderRow, as_rows
from orders.selectors.visible import Viewer

PAGE_SIZE = 50
COUNT_CAP = CAP
_COLUMNS = {"placed": "placed_at", "ship": "ship_date", "waiting": "status_since"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the cursors of the pages beside it (empty where there is none)."""

    rows: list[OrderRow]
    newer: str = ""
    older: str = ""


def list_orders(
    filters: OrderFilters,
    *,
    viewer: Viewer,
    directory: Directory,
    now: datetime,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
) -> Page:
    """Return the page that follows (or precedes) a cursor. Five queries; searching adds its own.

    Sorted by the moment of placing (the default), the day of shipment or the time in the status,
    then by id. A cursor that can't be read is the first page.
    """
    matching = filter_orders(filters, viewer=viewer, directory=directory, now=now)
    cursor = _read_cursor(filters.sort, before or after)
    backwards = bool(before) and cursor is not None
    found = list(keyset(matching, filters.sort, cursor, backwards=backwards)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if backwards:
        if not more:  # the top is reached: show it whole
            return list_orders(filters, viewer=viewer, directory=directory, now=now, size=size)
        found.reverse()
    rows = as_rows(found, directory=directory, now=now, today=timezone.localdate(now))
    return Page(
        rows,
        newer=cursor_of(found[0], filters.sort)
        if found and (more if backwards else cursor)
        else "",
        older=cursor_of(found[-1], filters.sort) if found and (backwards or more) else "",
    )


def keyset(
    orders: QuerySet[Order],
    sort: str,
    cursor: tuple[date | datetime, int] | None,
    *,
    backwards: bool = False,
) -> QuerySet[Order]:
    """Sort the orders and keep those behind the cursor."""
    column = _COLUMNS[sort.removeprefix("-")]
    descending = sort.startswith("-") != backwards
    if cursor is not None:
        value, order_id = cursor
        less = "lt" if descending else "gt"
        # The bound makes it a range of the index; OR alone would be a filter of every row.
        orders = orders.filter(
            Q(**{f"{column}__{less}e": value})
            & (Q(**{f"{column}__{less}": value}) | Q(**{column: value, f"id__{less}": order_id}))
        )
    sign = "-" if descending else ""
    return orders.only(*ROW_FIELDS).order_by(f"{sign}{column}", f"{sign}id")


def count_orders(
    filters: OrderFilters, *, viewer: Viewer, directory: Directory, now: datetime
) -> int:
    """Count the orders that match, up to COUNT_CAP + 1. One query; searching adds its own."""
    matching = filter_orders(filters, viewer=viewer, directory=directory, now=now)
    return matching.order_by()[: COUNT_CAP + 1].count()


def cursor_of(order: Order, sort: str) -> str:
    """Where an order stands in a sorted list."""
    value = getattr(order, _COLUMNS[sort.removeprefix("-")])
    if isinstance(value, datetime):
        value = (value - _EPOCH) // timedelta(microseconds=1)
    return f"{value}_{order.pk}"


def _read_cursor(sort: str, text: str) -> tuple[date | datetime, int] | None:
    value, _, order_id = text.rpartition("_")
    try:
        if sort.endswith("ship"):
            return date.fromisoformat(value), int(order_id)
        return _EPOCH + timedelta(microseconds=int(value)), int(order_id)
    except (ValueError, OverflowError):
        return None
