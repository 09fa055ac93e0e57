"""Filters of lists by a company's own fields: in the address, as chips, in the menu.

The address says `custom.wrap=paper` (for lists, repeated), `custom.day.from=…` and `.till`. A
filter is a code and the text that `objects_with` understands.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.fields.models import FieldDefinition, FieldType
from crm.fields.selectors import having_all, objects_with
from crm.fields.values import PREFIX, FieldError, parse_text, show_value

Wanted = tuple[tuple[str, str], ...]
ENDS = (".from", ".till")
_NAME = re.compile(r"custom\.([a-z][a-z0-9_]{0,39})(\.from|\.till)?")
_RANGES = {FieldType.NUMBER, FieldType.DATE}
MAX_VALUES = 50
_PLACES = ("after", "before", "panel")


@dataclass(frozen=True, slots=True)
class FilterInput:
    """One field in the menu of filters, with what it asks for now."""

    definition: FieldDefinition
    name: str
    options: list[tuple[str, str, bool]] = field(default_factory=list)
    value: str = ""
    start: str = ""
    end: str = ""

    @property
    def shape(self) -> str:
        """ "ticks", "answers", "days", "numbers" or "text"."""
        match self.definition.type:
            case FieldType.CHOICE | FieldType.CHOICES:
                return "ticks"
            case FieldType.BOOL:
                return "answers"
            case FieldType.DATE:
                return "days"
            case FieldType.NUMBER:
                return "numbers"
        return "text"


def own_code(name: str) -> str:
    """The code that a name of the address filters by; empty for other names."""
    found = _NAME.fullmatch(name)
    return found[1] if found else ""


def own_names(names: Iterable[str]) -> list[str]:
    """Those of the names that filter by a company's own field."""
    return [name for name in names if own_code(name)]


def read_wanted(query: QueryDict, definitions: Mapping[str, FieldDefinition]) -> Wanted:
    """Read the address. What it can't mean is passed over, so an old link still opens."""
    wanted = []
    for code in dict.fromkeys(code for name in query if (code := own_code(name))):
        definition = definitions.get(code)
        if definition is None or not definition.is_found_by:
            continue
        name = f"{PREFIX}{code}"
        if definition.type in _RANGES:
            start, end = (_bound(definition, query.get(f"{name}{end}", "")) for end in ENDS)
            text = f"{start}..{end}" if start or end else ""
        elif definition.is_list:
            keys = [key for key in query.getlist(name)[:MAX_VALUES] if key in definition.labels]
            text = ",".join(sorted(set(keys)))
        elif definition.type == FieldType.BOOL:
            text = query.get(name, "") if query.get(name) in {"true", "false"} else ""
        else:
            text = " ".join(query.get(name, "").split())[:100].replace("\x00", "")
        if text:
            wanted.append((code, text))
    return tuple(wanted)


def wanted_condition(wanted: Wanted, definitions: Mapping[str, FieldDefinition]) -> Q:
    """What the filters ask of an object's id."""
    return having_all([objects_with(definitions[code], text) for code, text in wanted])


def say_wanted(definition: FieldDefinition, text: str) -> str:
    """A filter in the reader's words."""
    if definition.type in _RANGES:
        start, end = (
            show_value(definition, parse_text(definition, part)) for part in text.split("..")
        )
        if start and end:
            return start if start == end else f"{start} – {end}"
        if start:
            return _("from %(day)s") % {"day": start}
        return _("till %(day)s") % {"day": end}
    if definition.is_list:
        names = [definition.labels[key] for key in text.split(",")]
        return ", ".join(names) if len(names) <= 2 else f"{names[0]} +{len(names) - 1}"
    if definition.type == FieldType.BOOL:
        return show_value(definition, text == "true")
    return f"{text}…"


def filter_inputs(query: QueryDict, definitions: Iterable[FieldDefinition]) -> list[FilterInput]:
    """The menu's inputs for the fields that can be filtered by."""
    inputs = []
    for row in definitions:
        if not row.is_found_by:
            continue
        name = f"{PREFIX}{row.code}"
        chosen = set(query.getlist(name))
        options = [
            (option["key"], option["label"], option["key"] in chosen)
            for option in row.options
            if not option.get("off") or option["key"] in chosen
        ]
        start, end = (query.get(f"{name}{end}", "") for end in ENDS)
        inputs.append(FilterInput(row, name, options, query.get(name, ""), start, end))
    return inputs


@dataclass(frozen=True, slots=True)
class FilterBar:
    """What a list shows of filters by the company's own fields: the inputs of the menu, the chips
    (label, words, the address without it), and what each of two forms carries along."""

    inputs: list[FilterInput]
    chips: list[tuple[str, str, str]]
    kept: list[tuple[str, str]]
    rest: list[tuple[str, str]]


def read_bar(query: QueryDict, definitions: Mapping[str, FieldDefinition]) -> FilterBar:
    """No query."""
    chips = []
    for code, text in read_wanted(query, definitions):
        without = query.copy()
        for name in (f"{PREFIX}{code}", *(f"{PREFIX}{code}{end}" for end in ENDS), *_PLACES):
            without.pop(name, None)
        definition = definitions[code]
        chips.append((definition.name, say_wanted(definition, text), f"?{without.urlencode()}"))
    pairs = [(name, value) for name, values in query.lists() for value in values if value]
    return FilterBar(
        filter_inputs(query, definitions.values()),
        chips,
        kept=[pair for pair in pairs if own_code(pair[0])],
        rest=[p for p in pairs if not own_code(p[0]) and p[0] not in _PLACES],
    )


def _bound(definition: FieldDefinition, text: str) -> str:
    try:
        value = parse_text(definition, text)
    except FieldError:
        return ""
    return "" if value is None else str(value)
