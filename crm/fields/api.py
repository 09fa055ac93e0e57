"""The company's own fields at the API's addresses, alike for every kind of object."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.api.problems import wrong_parameter
from crm.fields.selectors import definitions_by_code, having_all, objects_with
from crm.fields.values import FieldError

_HELP = (
    "The company's own fields by their codes: text, a number, true or false, a day, the key of an"
    " option or a list of keys; null empties one."
)
_SCHEMA = {
    "type": "object",
    "additionalProperties": {},
    "example": {"gift_wrap": "paper", "event_day": "2026-03-31"},
}


@extend_schema_field(_SCHEMA)
class CustomIn(serializers.DictField):
    """Values by the codes of fields, of any JSON type: the action knows the types."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _HELP)
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)


@extend_schema_field(_SCHEMA)
class CustomOut(serializers.DictField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "The company's own fields that have a value, by code.")
        super().__init__(**kwargs)


def own_condition(kind: str, wanted: Mapping[str, str]) -> Q:
    """The condition that `custom[code]=value` mean. One query."""
    definitions = definitions_by_code(kind)
    each = []
    for code, text in wanted.items():
        definition = definitions.get(code)
        if definition is None or not definition.is_found_by:
            raise wrong_parameter(f"custom[{code}]", "unknown_parameter")
        try:
            each.append(objects_with(definition, text))
        except FieldError as error:
            raise wrong_parameter(f"custom[{code}]", error.code) from None
    return having_all(each)
