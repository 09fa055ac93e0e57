"""A company's own fields in forms: a form field for each, which reads and shows kept values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crm.fields.models import FieldDefinition, FieldType
from crm.fields.values import ERROR_TEXTS, MAX_TEXT, FieldError, check_value, parse_text

_NOTHING = ("", "—")
_ANSWERS = [_NOTHING, ("true", _("Yes")), ("false", _("No"))]


class CustomField(forms.Field):
    """One field of the company's own. Cleaned it is what is kept; nothing typed is None."""

    def __init__(self, definition: FieldDefinition, *, present: Any = None) -> None:
        self.definition = definition
        super().__init__(
            label=definition.name,
            help_text=definition.help,
            required=definition.required,
            widget=_widget(definition, present),
            error_messages={"required": ERROR_TEXTS["required"]},
        )
        if definition.type == FieldType.CHOICES:
            self.hidden_widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            if isinstance(value, str):
                return parse_text(self.definition, value)
            return check_value(self.definition, value)
        except FieldError as error:
            raise forms.ValidationError(ERROR_TEXTS[error.code]) from None

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float) and self.definition.type == FieldType.NUMBER:
            number = Decimal(str(value))
            return formats.number_format(number, use_l10n=True, force_grouping=False)
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except forms.ValidationError:
            return True

    def validate(self, value: Any) -> None:
        # No is an answer, and nought a number.
        if self.required and value is None:
            raise forms.ValidationError(self.error_messages["required"], code="required")


def make_inputs(
    definitions: Iterable[FieldDefinition], present: Mapping[str, Any], *, prefix: str
) -> dict[str, CustomField]:
    """The form fields by `prefix` and code; what is there already stays choosable."""
    return {
        f"{prefix}{row.code}": CustomField(row, present=present.get(row.code))
        for row in definitions
    }


@dataclass(frozen=True, slots=True)
class BulkInput:
    """A field in the form that changes it for many: its name and its control."""

    name: str
    label: str
    control: SafeString


def bulk_inputs(
    definitions: Iterable[FieldDefinition], *, prefix: str = "custom."
) -> list[BulkInput]:
    """The fields with empty controls named `value_` and the field's name."""
    made = []
    for row in definitions:
        name = f"{prefix}{row.code}"
        widget = _widget(row, None)
        css = "form-select" if isinstance(widget, forms.Select) else "form-control"
        attrs = {"aria-label": row.name, "class": f"{css} {css}-sm", "id": f"bulk-{name}"}
        if row.type == FieldType.CHOICES:
            attrs = {"id": f"bulk-{name}"}
        made.append(BulkInput(name, row.name, widget.render(f"value_{name}", None, attrs)))
    return made


def _widget(definition: FieldDefinition, present: Any) -> forms.Widget:
    match definition.type:
        case FieldType.TEXT:
            return forms.TextInput(attrs={"maxlength": MAX_TEXT[FieldType.TEXT]})
        case FieldType.LONG:
            return forms.Textarea(attrs={"rows": 3, "maxlength": MAX_TEXT[FieldType.LONG]})
        case FieldType.NUMBER:
            return forms.TextInput(attrs={"inputmode": "decimal", "class": "k-num-input"})
        case FieldType.DATE:
            return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        case FieldType.BOOL:
            return forms.Select(choices=_ANSWERS)
        case FieldType.CHOICE:
            return forms.Select(choices=[_NOTHING, *_options(definition, [present])])
        case FieldType.CHOICES:
            return forms.CheckboxSelectMultiple(choices=_options(definition, present or []))
    return forms.URLInput(attrs={"placeholder": "https://", "maxlength": MAX_TEXT[FieldType.LINK]})


def _options(definition: FieldDefinition, present: Any) -> list[tuple[str, str]]:
    """The options that are offered, and those of before that the object has."""
    return [
        (option["key"], option["label"])
        for option in definition.options
        if not option.get("off") or option["key"] in present
    ]
