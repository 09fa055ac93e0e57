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
# What a reader types to what it may be: ids, a few at most.
ObjectSearch = Callable[[str], Iterable[int]]
MAX_FOUND = 50
_texts: dict[str, TextBuilder] = {}
_objects: dict[str, ObjectFinder] = {}
_searches: dict[str, ObjectSearch] = {}
_actions: dict[str, Any] = {}


def register_audit_text(action: str, builder: TextBuilder) -> None:
    """Say what an action is called in the log; `order.*` covers what has no text of its own."""
    _texts[action] = builder


def register_audit_object(object_type: str, finder: ObjectFinder) -> None:
    """Say how objects of a model are called: ids to labels, in one query for a whole page."""
    _objects[object_type] = finder


def register_audit_search(object_type: str, search: ObjectSearch) -> None:
    """Say how objects of a model are found by what people call them."""
    _searches[object_type] = search


def register_audit_action(action: str, title: Any = "") -> None:
    """Let the log be asked for an action, by its title or the one its text has."""
    _actions[action] = title


def list_actions() -> list[tuple[str, str]]:
    """Return the actions that the log may be asked for, with their titles, by the alphabet."""
    found = [
        (action, str(title) or _text(AuditEntry(action=action)).title)
        for action, title in _actions.items()
    ]
    return sorted(found, key=lambda pair: (pair[0].partition(".")[0], pair[1]))


def search_objects(text: str, object_type: str = "") -> list[tuple[str, list[int]]]:
    """Return kinds and ids of what a text may mean. A query or a few for each kind."""
    kinds = [object_type] if object_type else list(_searches)
    found = [(kind, list(_searches[kind](text))[:MAX_FOUND]) for kind in kinds if kind in _searches]
    return [(kind, ids) for kind, ids in found if ids]


def name_objects(pairs: Iterable[tuple[str, int]]) -> dict[tuple[str, int], AuditObject]:
    """Return how objects are called. One query for each kind among them."""
    ids: dict[str, set[int]] = defaultdict(set)
    for kind, pk in pairs:
        ids[kind].add(pk)
    return {
        (kind, pk): named
        for kind in ids
        if kind in _objects
        for pk, named in _objects[kind](ids[kind]).items()
    }


def has_text(action: str) -> bool:
    """Tell whether somebody registered words for an action."""
    return _builder(action) is not None


def tell(entries: Iterable[AuditEntry]) -> list[Line]:
    """Return the lines of the log. One query for each kind of object among them."""
    entries = list(entries)
    found = name_objects((entry.object_type, entry.object_id) for entry in entries)
    return [
        Line(entry, _text(entry), found.get((entry.object_type, entry.object_id)))
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
