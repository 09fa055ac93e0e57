"""What every kind of import has: its fields, how rows become records, a check, a run, an undo."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from django.utils.functional import Promise

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.fields.models import FieldDefinition
from crm.fields.values import PREFIX, FieldError, parse_text
from integrations.imports.models import Import, Trace
from integrations.imports.reading.detect import fold_name

Text = str | Promise
NEW, CHANGE, SAME, WRONG = "new", "change", "same", "wrong"


class Row(NamedTuple):
    """A row of the file: its number there, and its cells."""

    number: int
    cells: list[str]


Record = Sequence[Row]


@dataclass(frozen=True, slots=True)
class Field:
    """What a column may hold. `words` are names of such columns, folded, the surest first."""

    name: str
    label: Text
    words: tuple[str, ...]
    help: Text = ""
    # Several columns may hold it: their values are joined or listed.
    many: bool = False
    # Guessed by its values where no name says it: "phone", "email", "date".
    looks_like: str = ""


@dataclass(slots=True)
class Verdict:
    """What will or did become of a record.

    `problems` are [row, field, code, value]; `notes` are codes of what was decided for the user
    in sight of them. JSON both.
    """

    state: str
    label: str = ""
    problems: list[list[Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    object_id: int | None = None
    number: int | None = None

    def to_json(self) -> dict[str, Any]:
        values: dict[str, Any] = {"s": self.state, "l": self.label[:100]}
        if self.problems:
            values["p"] = self.problems[:20]
        if self.notes:
            values["n"] = self.notes
        if self.object_id:
            values["id"] = self.object_id
        if self.number:
            values["no"] = self.number
        return values


@dataclass(frozen=True, slots=True)
class Setup:
    """An import as far as its rows need to know it."""

    run: Import
    mapping: list[str]
    options: dict[str, Any]
    currency: str
    zone: str
    actor: Actor
    now: datetime
    member: Membership | None = None
    chunk: int = 0

    def columns(self) -> dict[str, list[int]]:
        """The places of each field's columns."""
        places: dict[str, list[int]] = {}
        for place, name in enumerate(self.mapping):
            if name:
                places.setdefault(name, []).append(place)
        return places

    def trace(
        self,
        object_type: str,
        object_id: int,
        *,
        code: str = "",
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> Trace:
        """A trace of what this import did, not yet stored."""
        return Trace(
            tenant_id=self.run.tenant_id,
            run_id=self.run.pk,
            chunk=self.chunk,
            object_type=object_type,
            object_id=object_id,
            code=code,
            before=before,
            after=after,
        )


def list_staying(
    traces: Sequence[Trace], kept: Mapping[int, str], labels: Mapping[int, str]
) -> list[tuple[Trace, str, str]]:
    """The traces of what an undo has kept, with how people call it and why it stays."""
    return [
        (trace, labels.get(trace.object_id, ""), kept[trace.object_id])
        for trace in traces
        if trace.object_id in kept
    ]


class Columns:
    """Reads cells by the names of fields."""

    def __init__(self, setup: Setup) -> None:
        self._places = setup.columns()

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def get(self, row: Row, name: str) -> str:
        """The first filled column of the field, or ""."""
        for place in self._places.get(name, ()):
            if place < len(row.cells) and row.cells[place]:
                return row.cells[place]
        return ""

    def all(self, row: Row, name: str) -> list[str]:
        """Every filled column of the field."""
        cells = row.cells
        return [
            cells[place]
            for place in self._places.get(name, ())
            if place < len(cells) and cells[place]
        ]


def _own_field(definition: FieldDefinition) -> Field:
    words = (fold_name(definition.name), fold_name(definition.code))
    return Field(f"{PREFIX}{definition.code}", definition.name, words, definition.help)


class Kind:
    """A kind of import. Subclasses say what their rows mean."""

    name: str = ""
    label: Text = ""
    text: Text = ""
    icon: str = "file"
    fields: tuple[Field, ...] = ()
    # Groups of fields of which at least one must have a column, with what they are for.
    required: tuple[tuple[tuple[str, ...], Text], ...] = ()
    # The field by which rows belong together; "": each row is a record of its own.
    group_by: str = ""
    # Whose fields a company may add its own to (crm.fields), and those that it has.
    own_kind: str = ""
    own: Mapping[str, FieldDefinition] = MappingProxyType({})

    def with_own(self, own: Mapping[str, FieldDefinition]) -> "Kind":
        """The kind as a company has it: with its own fields after all others."""
        made = copy(self)
        made.__dict__.pop("by_name", None)
        made.own = own
        made.fields = (*self.fields, *(_own_field(row) for row in own.values()))
        return made

    def read_own(self, columns: Columns, row: Row, problems: list[list[Any]]) -> dict[str, Any]:
        """The values of the company's own fields by code; what is wrong goes to `problems`."""
        values = {}
        for code, definition in self.own.items():
            name = f"{PREFIX}{code}"
            text = columns.get(row, name)
            if not text:
                continue
            try:
                values[code] = parse_text(definition, text)
            except FieldError as error:
                problems.append([row.number, name, error.code, text[:100]])
        return values

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {one.name: one for one in self.fields}

    def missing(self, mapping: Sequence[str]) -> list[Text]:
        """What the mapping still lacks, in words."""
        taken = set(mapping)
        return [text for names, text in self.required if not taken & set(names)]

    def default_options(self, run: Import) -> dict[str, Any]:
        """The choices to begin with."""
        return {}

    def check(self, setup: Setup, records: Sequence[Record]) -> list[Verdict]:
        """Say what would become of the records. Writes nothing."""
        raise NotImplementedError

    def run(self, setup: Setup, records: Sequence[Record]) -> list[Verdict]:
        """Bring the records in, in the transaction that is open."""
        raise NotImplementedError

    def undo(self, setup: Setup, traces: Sequence[Trace]) -> list[tuple[Trace, str, str]]:
        """Take back what the traces tell of; return those that stay, with label and why."""
        raise NotImplementedError
