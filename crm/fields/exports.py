"""A company's own fields as columns of files: of any table whose rows have an object."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from crm.exports.registry import Asker, Column, MoreColumns
from crm.fields.models import FieldDefinition, FieldType
from crm.fields.selectors import list_definitions
from crm.fields.values import PREFIX, show_value

Values = Callable[[Any], Mapping[str, Any]]


def own_columns(kind: str, values: Values) -> MoreColumns:
    """Columns of the fields in use; `values(row)` is the object's `custom`."""

    def columns(_asker: Asker) -> Sequence[Column]:
        """One query."""
        return [
            Column(f"{PREFIX}{row.code}", row.name, partial(_cell, row, values))
            for row in list_definitions(kind)
        ]

    return MoreColumns(columns)


def _cell(definition: FieldDefinition, values: Values, row: Any) -> Any:
    """A number and a day by their kind, the rest in words, which an import reads again."""
    value = values(row).get(definition.code)
    if value is None:
        return ""
    match definition.type:
        case FieldType.NUMBER:
            return Decimal(str(value))
        case FieldType.DATE:
            return date.fromisoformat(value)
    return show_value(definition, value)
