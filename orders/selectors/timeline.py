"""Everything that happened to an order, newest first, from the audit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm.audit.models import AuditEntry
from orders import events
from orders.models import KEPT_OF_NOTE, Order, OrderNote

PAGE = 25
_HIDDEN = {events.PICK_PROGRESS}


@dataclass(slots=True)
class Happening:
    """One entry: what, who, when, why, and the fields it changed."""

    id: int
    action: str
    who: str
    who_kind: str
    at: datetime
    reason: str
    text: str = ""
    changes: list[tuple[str, Any, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)


def list_happenings(
    order: Order, *, before: int | None = None, limit: int = PAGE
) -> tuple[list[Happening], int | None]:
    """Return a page of the timeline and the key of the next, older one. Two queries."""
    rows = AuditEntry.objects.filter(object_type="order", object_id=order.pk)
    if before is not None:
        rows = rows.filter(id__lt=before)
    entries = list(rows.exclude(action__in=_HIDDEN).order_by("-id")[: limit + 1])
    older = entries[limit - 1].pk if len(entries) > limit else None
    entries = entries[:limit]
    told = [_first(order)] if order.is_example and older is None else []
    notes = _notes(order, [entry for entry in entries if entry.action == events.NOTED])
    return [
        Happening(
            id=entry.pk,
            action=entry.action,
            who=entry.actor_label,
            who_kind=entry.actor_kind,
            at=entry.at,
            reason=entry.reason,
            text=notes.get(_begins(entry), _begins(entry)[1]),
            changes=[(name, *pair) for name, pair in entry.changes.items()],
            details=entry.details,
        )
        for entry in entries
    ] + told, older


def _first(order: Order) -> Happening:
    """Where an example's history begins: its making is one line of the company's audit."""
    return Happening(
        id=0,
        action="order.example",
        who=order.prefix,
        who_kind="system",
        at=order.placed_at,
        reason="",
    )


def _begins(entry: AuditEntry) -> tuple[datetime, str]:
    """When something was said and how it begins: what comes from outside says much at once."""
    return entry.at, entry.details.get("text", "")


def _notes(order: Order, entries: Sequence[AuditEntry]) -> dict[tuple[datetime, str], str]:
    """The whole text of the notes; the audit keeps only their beginning."""
    if not entries:
        return {}
    rows = OrderNote.objects.filter(order_id=order.pk, created_at__in=[e.at for e in entries])
    return {(note.created_at, note.text[:KEPT_OF_NOTE]): note.text for note in rows}
