"""Cursor pagination: a page begins after the last row of the one before, at any depth as fast."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from crm.api.params import Param
from crm.api.problems import Problem

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Ordering:
    """One way to order a list: by a column, ties by id. `name` is "-placed_at"."""

    name: str
    column: str
    descending: bool
    read: Callable[[Any], Any]  # a JSON value of the cursor -> a value of the column


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page and the addresses of its neighbours."""

    rows: list[dict[str, Any]]
    next: str | None
    previous: str | None

    @property
    def link(self) -> str:
        """The value of the Link header."""
        links = [(self.next, "next"), (self.previous, "prev")]
        return ", ".join(f'<{url}>; rel="{rel}"' for url, rel in links if url)


def read_time(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def read_number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 10**18:
        raise ValueError
    return value


def read_text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > 500:
        raise ValueError
    value.encode()  # lone surrogates raise UnicodeEncodeError, a ValueError
    return value


def both_ways(name: str, read: Callable[[Any], Any], column: str = "") -> list[Ordering]:
    """The orderings "-name" and "name"."""
    column = column or name
    return [Ordering(f"-{name}", column, True, read), Ordering(name, column, False, read)]


def paging_params(orderings: Sequence[Ordering]) -> list[Param]:
    """The parameters that every list takes; the first ordering is the default."""
    return [
        Param("limit", "int", "Rows of a page.", least=1, most=MAX_LIMIT, example="50"),
        Param("cursor", "text", "Where the page begins: taken from `next` or `previous`."),
        Param(
            "ordering",
            "choice",
            f"Order of the rows; without it `{orderings[0].name}`.",
            choices=tuple(ordering.name for ordering in orderings),
        ),
    ]


def read_page(
    request: HttpRequest,
    rows: QuerySet[Any, Any],
    params: dict[str, Any],
    orderings: Sequence[Ordering],
) -> Page:
    """Cut one page out of a `values()` queryset that has `id` and the ordering's column."""
    chosen = params.get("ordering", orderings[0].name)
    ordering = next(o for o in orderings if o.name == chosen)
    limit = params.get("limit", DEFAULT_LIMIT)
    backward = False
    if "cursor" in params:
        backward, value, row_id = _read_cursor(params["cursor"], ordering)
        rows = rows.filter(_after(ordering, value, row_id, backward=backward))
    descending = ordering.descending != backward
    sign = "-" if descending else ""
    found = list(rows.order_by(f"{sign}{ordering.column}", f"{sign}id")[: limit + 1])
    return cut_page(
        request, found, limit, ordering, backward=backward, is_first="cursor" not in params
    )


def cut_page(
    request: HttpRequest,
    found: list[dict[str, Any]],
    limit: int,
    ordering: Ordering,
    *,
    backward: bool = False,
    is_first: bool = True,
) -> Page:
    """Make a page of the rows that were found, one more than it shows where there are more."""
    more = len(found) > limit
    found = found[:limit]
    if backward:
        found.reverse()
    has_next = bool(found) and (backward or more)
    has_previous = bool(found) and (more if backward else not is_first)
    return Page(
        rows=found,
        next=_url(request, ordering, found[-1], backward=False) if has_next else None,
        previous=_url(request, ordering, found[0], backward=True) if has_previous else None,
    )


def _after(ordering: Ordering, value: Any, row_id: int, *, backward: bool) -> Q:
    # The bound on the column alone is what the index can use; without it the OR would read
    # every row before the page.
    side = "lt" if ordering.descending != backward else "gt"
    column = ordering.column
    return Q(**{f"{column}__{side}e": value}) & (
        Q(**{f"{column}__{side}": value}) | Q(**{f"id__{side}": row_id})
    )


def _url(request: HttpRequest, ordering: Ordering, row: dict[str, Any], *, backward: bool) -> str:
    value = row[ordering.column]
    plain = value.isoformat() if isinstance(value, datetime) else value
    text = json.dumps(
        [ordering.name, int(backward), plain, row["id"]], separators=(",", ":"), ensure_ascii=False
    )
    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    query = request.GET.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode(safe=',')}")


def _read_cursor(text: str, ordering: Ordering) -> tuple[bool, Any, int]:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        name, backward, value, row_id = json.loads(raw)
        if name != ordering.name or type(backward) is not int or backward not in (0, 1):
            raise ValueError
        return bool(backward), ordering.read(value), read_number(row_id)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise Problem("invalid_cursor") from None
