"""Saved views of orders: what each finds now, and what it asks for that is gone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.http import QueryDict

from crm.fields.filters import own_code
from orders.selectors.directory import Directory
from orders.selectors.filters import OrderFilters, filter_orders
from orders.selectors.visible import Viewer

COUNT_CAP = 999


def count_views(
    wanted: Mapping[int, OrderFilters], *, viewer: Viewer, directory: Directory, now: datetime
) -> dict[int, int]:
    """Count what each view finds, up to COUNT_CAP + 1. One statement, however many views.

    A view with a text is left out: finding it is a search of its own.
    """
    parts: list[str] = []
    params: list[Any] = []
    counts: dict[int, int] = {}
    for view_id, filters in wanted.items():
        if filters.query:
            continue
        orders = filter_orders(filters, viewer=viewer, directory=directory, now=now)
        found = orders.order_by().values("id")[: COUNT_CAP + 1]
        try:
            sql, values = found.query.sql_with_params()
        except EmptyResultSet:
            counts[view_id] = 0
            continue
        parts.append(f"SELECT %s::bigint, (SELECT count(*) FROM ({sql}) v)")  # noqa: S608 - the ORM's
        params += [view_id, *values]
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), params)
            counts.update(cursor.fetchall())
    return counts


def find_gone(query: QueryDict, directory: Directory) -> list[str]:
    """Which filters of a query name a status, channel, member or field of the company's own that
    is gone or out of use."""
    gone = []
    rows: dict[str, dict[int, Any]] = {"status": directory.statuses, "channel": directory.channels}
    for name, known in rows.items():
        for value in query.getlist(name):
            row = known.get(int(value)) if value.isdigit() and len(value) < 19 else None
            if row is None or not row.is_active:
                gone.append(name)
    for value in query.getlist("manager"):
        if value in {"me", "nobody"}:
            continue
        member = directory.members.get(int(value)) if value.isdigit() and len(value) < 19 else None
        if member is None or not member.is_active:
            gone.append("manager")
    if any(code not in directory.own for name in query if (code := own_code(name))):
        gone.append("field")
    return list(dict.fromkeys(gone))
