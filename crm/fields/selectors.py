"""Reads of fields; each says its query count."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Q, QuerySet

from crm.fields.models import FieldDefinition, FieldType, FieldValue
from crm.fields.values import FieldError, check_value, fold, keys_of, parse_text, show_value

Definitions = dict[str, FieldDefinition]


@dataclass(frozen=True, slots=True)
class Fact:
    """What one field says of an object, in words; empty where it says nothing."""

    definition: FieldDefinition
    words: str

    @property
    def is_link(self) -> bool:
        return self.definition.type == FieldType.LINK

    @property
    def is_long(self) -> bool:
        return self.definition.type == FieldType.LONG


def facts_of(definitions: Iterable[FieldDefinition], values: Mapping[str, Any]) -> list[Fact]:
    """The fields with their values in words. No query."""
    return [Fact(row, show_value(row, values.get(row.code))) for row in definitions]


def list_definitions(kind: str, *, archived: bool = False) -> list[FieldDefinition]:
    """The fields of a kind of object in their order. One query."""
    rows = FieldDefinition.objects.filter(kind=kind)
    if not archived:
        rows = rows.filter(is_archived=False)
    return list(rows.order_by("is_archived", "position", "id"))


def fields_in_use(kind: str) -> Definitions:
    """The fields in use by their codes, in their order. One query."""
    return {row.code: row for row in list_definitions(kind)}


def definitions_by_code(kind: str) -> Definitions:
    """The fields by their codes, with those out of use: who still sends them is not refused.

    One query.
    """
    return {row.code: row for row in list_definitions(kind, archived=True)}


def check_values(definitions: Definitions, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON values as they are kept, None for emptied ones; raise FieldError."""
    for code in values:
        if code not in definitions:
            raise FieldError("unknown_field", code)
    return {code: check_value(definitions[code], value) for code, value in values.items()}


def objects_with(definition: FieldDefinition, text: str) -> QuerySet[Any]:
    """Ids of the objects that have this value, as a subquery; FieldError for what it can't be.

    Numbers and days take a range: `10..20`, `10..`, `..20`; lists take several keys with commas
    between them. Text is found by its beginning.
    """
    rows = FieldValue.objects.filter(definition_id=definition.pk)
    if definition.type in {FieldType.NUMBER, FieldType.DATE} and ".." in text:
        start, _dots, end = text.partition("..")
        rows = rows.filter(_bound(definition, start, "gte"), _bound(definition, end, "lte"))
    elif definition.type in {FieldType.TEXT, FieldType.LINK}:
        rows = rows.filter(text__begins=fold(text))
    elif definition.is_list:
        keys = [key.strip() for key in text.split(",")]
        if not set(keys) <= set(definition.labels):
            raise FieldError("unknown_option", definition.code)
        rows = rows.filter(text__in=keys)
    else:
        found = keys_of(definition, parse_text(definition, text))
        rows = rows.filter(**found[0]) if found else rows.none()
    return rows.values("object_id")


def having_all(each: Sequence[QuerySet[Any]]) -> Q:
    """The condition that an object's id is among every one of the `objects_with`.

    Of one, the planner chooses whether to begin with it or with the newest objects. How many have
    both of two it can't know, and would look up each object of the first in the second: there the
    ids are brought together first.
    """
    if len(each) < 2:
        return Q(pk__in=each[0]) if each else Q()
    return Q(pk__any_of=ArraySubquery(each[0].intersection(*each[1:])))


def _bound(definition: FieldDefinition, text: str, end: str) -> Q:
    found = keys_of(definition, parse_text(definition, text))
    return Q(**{f"number__{end}": found[0]["number"]}) if found else Q()
