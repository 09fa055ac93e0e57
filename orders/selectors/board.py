"""The board: a column for each status, the first cards of each, its count and worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils import timezone

from orders.models import Order, Status
from orders.pipeline import OPEN, Stage
from orders.selectors.counts import ColumnSum, sum_by_status
from orders.selectors.directory import Directory
from orders.selectors.filters import OrderFilters, filter_orders
from orders.selectors.lists import cursor_of, keyset, list_orders
from orders.selectors.rows import OrderRow, as_rows
from orders.selectors.visible import Viewer

FIRST_CARDS = 20  # more than a screen is high; the rest comes as one scrolls
MOST_CARDS = 300  # of one column, however often more are loaded


@dataclass(slots=True)
class Column:
    """A status on the board. A closed one is drawn narrow until it is opened."""

    status: Status
    total: ColumnSum | None = None
    rows: list[OrderRow] = field(default_factory=list)
    older: str = ""
    is_open: bool = True

    @property
    def stage(self) -> Stage:
        return Stage(self.status.stage)

    @property
    def is_closed_stage(self) -> bool:
        return self.status.stage not in OPEN


def read_board(
    filters: OrderFilters,
    *,
    viewer: Viewer,
    directory: Directory,
    now: datetime,
    unfolded: frozenset[int] = frozenset(),
    sizes: Mapping[int, int] | None = None,
) -> list[Column]:
    """Return the columns. Seven queries however many columns and orders; searching adds its own.

    Columns of closed stages hold cards only when `unfolded` names them; they are never counted.
    """
    columns = [
        Column(status, is_open=status.stage in OPEN or status.pk in unfolded)
        for status in directory.statuses.values()
        if status.is_active and _is_asked_for(status, filters)
    ]
    shown = [column for column in columns if column.is_open]
    if not shown:
        return columns
    matching = filter_orders(filters, viewer=viewer, directory=directory, now=now)
    sums = sum_by_status(matching.filter(stage__in=OPEN))
    wanted = {c.status.pk: min((sizes or {}).get(c.status.pk, 0), MOST_CARDS) for c in shown}
    parts = [
        keyset(matching.filter(status_id=status_id), filters.sort, None).values("id")[
            : max(size, FIRST_CARDS) + 1
        ]
        for status_id, size in wanted.items()
    ]
    # Each part is the beginning of an index's range; together they are one statement.
    ids = [row["id"] for row in parts[0].union(*parts[1:], all=True)]
    orders = keyset(Order.objects.filter(id__any_of=ids), filters.sort, None)
    rows = as_rows(orders, directory=directory, now=now, today=timezone.localdate(now))
    for column in shown:
        status_id = column.status.pk
        size = max(wanted[status_id], FIRST_CARDS)
        mine = [row for row in rows if row.order.status_id == status_id]
        column.rows = mine[:size]
        if len(mine) > size:
            column.older = cursor_of(mine[size - 1].order, filters.sort)
        if not column.is_closed_stage:
            column.total = sums.get(status_id, ColumnSum())
    return columns


def read_column(
    filters: OrderFilters,
    *,
    viewer: Viewer,
    status: Status,
    directory: Directory,
    now: datetime,
    after: str,
) -> Column:
    """Return the next cards of one column. Five queries."""
    page = list_orders(
        replace(filters, statuses=(status.pk,), stages=()),
        viewer=viewer,
        directory=directory,
        now=now,
        after=after,
        size=FIRST_CARDS,
    )
    return Column(status, rows=page.rows, older=page.older)


def _is_asked_for(status: Status, filters: OrderFilters) -> bool:
    if filters.statuses and status.pk not in filters.statuses:
        return False
    return not filters.stages or Stage(status.stage) in filters.stages
