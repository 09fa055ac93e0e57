"""The words of the audit log. Apps register theirs; they are made in the reader's language."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm.audit.models import AuditEntry


@dataclass(frozen=True, slots=True)
class AuditText:
    """What happened, in words; `changes` are rows of label, before, after."""

    title: str
    icon: str = "circle"
    color: str = ""
    text: str = ""
    changes: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AuditObject:
    """What it happened to: how people call it, and its page."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log, ready to show."""

    entry: AuditEntry
    text: AuditText
    object: AuditObject | None


TextBuilder = Callable[[AuditEntry], AuditText]
ObjectFinder = Callable[[Iterable[int]], Mapping[int, AuditObject]]
_texts: dict[str, TextBuilder] = {}
_objects: dict[str, ObjectFinder] = {}


def register_audit_text(action: str, builder: TextBuilder) -> None:
    """Say what an action is called in the log; `order.*` covers what has no text of its own."""
    _texts[action] = builder


def register_audit_object(object_type: str, finder: ObjectFinder) -> None:
    """Say how objects of a model are called: ids to labels, in one query for a whole page."""
    _objects[object_type] = finder


def has_text(action: str) -> bool:
    """Tell whether somebody registered words for an action."""
    return _builder(action) is not None


def tell(entries: Iterable[AuditEntry]) -> list[Line]:
    """Return the lines of the log. One query for each kind of object among them."""
    entries = list(entries)
    ids: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        ids[entry.object_type].add(entry.object_id)
    found = {kind: _objects[kind](ids[kind]) for kind in ids if kind in _objects}
    return [
        Line(entry, _text(entry), found.get(entry.object_type, {}).get(entry.object_id))
        for entry in entries
    ]


def _text(entry: AuditEntry) -> AuditText:
    builder = _builder(entry.action)
    if builder is not None:
        return builder(entry)
    return AuditText(entry.action, changes=list_changes(entry))


def _builder(action: str) -> TextBuilder | None:
    return _texts.get(action) or _texts.get(action.split(".", 1)[0] + ".*")


def list_changes(
    entry: AuditEntry, labels: Mapping[str, Any] | None = None
) -> list[dict[str, str]]:
    """Return the changed fields of an entry as rows of label, before and after."""
    labels = labels or {}
    return [
        {"label": str(labels.get(name, name)), "before": _show(before), "after": _show(after)}
        for name, (before, after) in entry.changes.items()
    ]


def _show(value: Any) -> str:
    if value in (None, "", []):
        return "—"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
