"""Keyset pages: a place in a list is its last row's sort values, so page 100 costs as page 1."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet
from django.http import QueryDict

Row = TypeVar("Row")
PAGE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of one page and the cursors of its neighbours, empty where there is none."""

    rows: list[Row]
    before: str
    after: str


def take_page(
    rows: QuerySet[Any], order: Sequence[str], params: QueryDict, size: int = PAGE
) -> Page[Any]:
    """Return the page that `?after=` or `?before=` names. `order` ends with a unique field.

    A field with a minus goes down. Annotations and joined fields (`product__sort_key`, loaded
    by select_related) will do. A cursor that can't be read means the first page.
    """
    after, before = _read(params.get("after"), order), _read(params.get("before"), order)
    back = before is not None and after is None
    steps = [_flip(step) for step in order] if back else list(order)
    cursor = before if back else after
    if cursor is not None:
        rows = rows.filter(_beyond(steps, cursor))
    found = list(rows.order_by(*steps)[: size + 1])
    more = len(found) > size
    found = found[:size]
    if back:
        found.reverse()
    if not found:
        return Page([], "", "")
    first, last = _write(found[0], order), _write(found[-1], order)
    has_before = more if back else cursor is not None
    has_after = True if back else more
    return Page(found, first if has_before else "", last if has_after else "")


def _flip(step: str) -> str:
    return step[1:] if step.startswith("-") else f"-{step}"


def _beyond(steps: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows after the cursor: an OR of prefixes, bounded by the first field so that an index
    range serves it."""
    any_of = Q()
    same = Q()
    for step, value in zip(steps, values, strict=True):
        name, operator = step.lstrip("-"), "lt" if step.startswith("-") else "gt"
        any_of |= same & Q(**{f"{name}__{operator}": value})
        same &= Q(**{name: value})
    name, operator = steps[0].lstrip("-"), "lte" if steps[0].startswith("-") else "gte"
    return any_of & Q(**{f"{name}__{operator}": values[0]})


def _write(row: Any, order: Sequence[str]) -> str:
    values = []
    for step in order:
        value = row
        for part in step.lstrip("-").split("__"):
            value = getattr(value, part)
        values.append(value if isinstance(value, (int, str)) else str(value))
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _read(text: str | None, order: Sequence[str]) -> list[Any] | None:
    if not text:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return None
    fits = isinstance(values, list) and len(values) == len(order)
    if not fits or not all(isinstance(value, (int, str)) for value in values):
        return None
    return values
