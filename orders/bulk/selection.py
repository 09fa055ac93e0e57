"""Which orders are meant: those ticked, or all that a filter finds when the work begins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from crm.accounts.models import Membership
from crm.jobs.limits import MAX_ROWS
from orders.models import Order
from orders.selectors.directory import read_directory
from orders.selectors.filters import filter_orders
from orders.selectors.visible import visible_orders
from orders.web.filters import read_filters, read_id


@dataclass(frozen=True, slots=True)
class Selection:
    """Orders by id; or, with `query` (an address's filters), all found but those left out."""

    ids: tuple[int, ...] = ()
    query: str | None = None
    left_out: tuple[int, ...] = ()

    @classmethod
    def read(cls, data: QueryDict) -> "Selection":
        """Read a form's `orders`, or `all=1` with `query` and `except`."""
        if data.get("all") == "1":
            return cls(query=data.get("query", ""), left_out=_ids(data.get("except", "")))
        ids = [pk for pk in map(read_id, data.getlist("orders")) if pk]
        return cls(ids=tuple(dict.fromkeys([*ids, *_ids(data.get("ids", ""))])))

    def to_json(self) -> dict[str, Any]:
        """How a job keeps it."""
        return {"ids": list(self.ids), "query": self.query, "left_out": list(self.left_out)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Selection":
        return cls(tuple(kept.get("ids", ())), kept.get("query"), tuple(kept.get("left_out", ())))

    def find(self, *, viewer: Membership, now: datetime) -> QuerySet[Order]:
        """Return what the viewer may see of it, by id: the order in which rows are locked.

        A filter costs three queries for its names, and those of its text.
        """
        if self.query is None:
            found = visible_orders(viewer).filter(id__any_of=list(self.ids))
            return found.order_by("id")
        directory = read_directory()
        filters = read_filters(
            QueryDict(self.query), directory=directory, me=viewer, today=timezone.localdate(now)
        )
        orders = filter_orders(filters, viewer=viewer, directory=directory, now=now)
        if self.left_out:
            orders = orders.exclude(id__in=self.left_out)
        return orders.order_by("id")

    def find_ids(self, *, viewer: Membership, now: datetime) -> list[int]:
        """Return the ids, one more than a job may have at most."""
        found = self.find(viewer=viewer, now=now)
        return list(found.values_list("id", flat=True)[: MAX_ROWS + 1])


def _ids(text: str) -> tuple[int, ...]:
    """Ids joined by commas: hundreds of fields of one form would be slow to send and to read."""
    return tuple(pk for pk in map(read_id, text.split(",")) if pk)
