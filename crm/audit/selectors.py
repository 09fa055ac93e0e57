"""Reads of the audit."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from crm.audit.models import AuditEntry

PAGE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; empty means all."""

    member_id: int | None = None
    object_type: str = ""
    object_id: int | None = None
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
    rows = AuditEntry.objects.all()
    if wanted.member_id is not None:
        rows = rows.filter(actor_kind="member", actor_id=wanted.member_id)
    if wanted.object_type:
        rows = rows.filter(object_type=wanted.object_type)
        if wanted.object_id is not None:
            rows = rows.filter(object_id=wanted.object_id)
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.till is not None:
        rows = rows.filter(at__lt=wanted.till)
    if after is not None:
        # The bound beside the OR makes it a range of the index.
        rows = rows.filter(Q(at__lte=after.at) & (Q(at__lt=after.at) | Q(id__lt=after.id)))
    found = list(rows.order_by("-at", "-id")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], Cursor(last.at, last.pk)
