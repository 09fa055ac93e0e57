"""Reads of the audit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from crm.audit.models import AuditEntry, PersonalRead

PAGE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; empty means all."""

    member_id: int | None = None
    object_type: str = ""
    object_id: int | None = None
    action: str = ""
    # Kinds and ids; None: whatever they are. An empty list: none of them.
    objects: list[tuple[str, list[int]]] | None = None
    since: datetime | None = None
    till: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of an entry in the log."""

    at: datetime
    id: int

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        moment, _separator, number = text.partition("_")
        if not number.isdecimal() or len(number) > 18:
            return None
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            return None
        return cls(at, int(number)) if at.tzinfo else None

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.id}"


def list_entries(
    wanted: Wanted, *, after: Cursor | None = None, limit: int = PAGE
) -> tuple[list[AuditEntry], Cursor | None]:
    """Return a page, newest first, and where the next one begins. One query, an index range."""
    return _page(find_entries(wanted), after, limit)


def find_entries(wanted: Wanted) -> Any:
    """Return the entries that fit, in no order."""
    rows = AuditEntry.objects.all()
    if wanted.member_id is not None:
        rows = rows.filter(actor_kind="member", actor_id=wanted.member_id)
    if wanted.object_type:
        rows = rows.filter(object_type=wanted.object_type)
        if wanted.object_id is not None:
            rows = rows.filter(object_id=wanted.object_id)
    if wanted.action:
        rows = rows.filter(action=wanted.action)
    return _narrow(rows, wanted)


def list_reads(
    wanted: Wanted,
    *,
    reader: tuple[str, int] | None = None,
    after: Cursor | None = None,
    limit: int = PAGE,
) -> tuple[list[PersonalRead], Cursor | None]:
    """Return a page of the log of reads, like `list_entries`. One query, an index range."""
    rows = PersonalRead.objects.all()
    if reader is not None:
        rows = rows.filter(actor_kind=reader[0], actor_id=reader[1])
    if wanted.object_type:
        rows = rows.filter(object_type=wanted.object_type)
    return _page(_narrow(rows, wanted), after, limit)


def _narrow(rows: Any, wanted: Wanted) -> Any:
    if wanted.objects is not None:
        condition = Q(pk__in=[])
        for kind, ids in wanted.objects:
            condition |= Q(object_type=kind, object_id__in=ids)
        rows = rows.filter(condition)
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.till is not None:
        rows = rows.filter(at__lt=wanted.till)
    return rows


def _page(rows: Any, after: Cursor | None, limit: int) -> tuple[list[Any], Cursor | None]:
    if after is not None:
        # The bound beside the OR makes it a range of the index.
        rows = rows.filter(Q(at__lte=after.at) & (Q(at__lt=after.at) | Q(id__lt=after.id)))
    found = list(rows.order_by("-at", "-id")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], Cursor(last.at, last.pk)
