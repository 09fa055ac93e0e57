"""One value of a field: read from JSON or from text, kept, shown, and found by. No database."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.fields.models import FieldDefinition, FieldType, FieldValue
from crm.shell.formats import day_text, number_text

# Before the code of a field among other names, as in `custom.gift_wrap`.
PREFIX = "custom."
# In a change's name, before the name that the field had then: `custom:Gift wrap`.
CHANGE = "custom:"
MAX_TEXT = {FieldType.TEXT: 300, FieldType.LONG: 5000, FieldType.LINK: 500}
# Fifteen digits in all: what every program's floating numbers keep exactly.
MAX_NUMBER = Decimal(10) ** 11
_PLACES = Decimal("0.0001")
# What PostgreSQL does not keep: NUL, and halves of pairs that JSON can spell.
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
_YES = {"1", "true", "yes", "так", "да", "+", "✓", "y"}
_NO = {"0", "false", "no", "ні", "нет", "-", "n"}

ERROR_TEXTS: dict[str, Any] = {
    "unknown_field": gettext_lazy("There is no such field."),
    "wrong_type": gettext_lazy("This is no value of such a field."),
    "max_length": gettext_lazy("This is too long."),
    "bad_number": gettext_lazy("Write a number, with at most four digits after the comma."),
    "bad_date": gettext_lazy("Write a day of a calendar."),
    "bad_link": gettext_lazy("Write an address that begins with https:// or http://."),
    "unknown_option": gettext_lazy("Choose from the list."),
    "required": gettext_lazy("Fill this in."),
}


class FieldError(Exception):
    """A value does not fit its field. `code` is a key of ERROR_TEXTS, `field` the field's code."""

    def __init__(self, code: str, field: str) -> None:
        self.code = code
        self.field = field
        super().__init__(f"{code} {field}")


def check_value(definition: FieldDefinition, value: Any) -> Any:
    """Return a JSON value as it is kept, None for an empty one; raise FieldError."""
    if value is None or value == "" or value == []:
        return None
    try:
        return _CHECKS[FieldType(definition.type)](definition, value)
    except _Refused as refused:
        raise FieldError(refused.code, definition.code) from None


def parse_text(definition: FieldDefinition, text: str) -> Any:
    """Return what people wrote in a file or an address as it is kept; raise FieldError.

    A choice may be written by its words, a number with a comma, a day as 31.12.2026.
    """
    text = text.strip()
    if not text:
        return None
    match definition.type:
        case FieldType.NUMBER:
            return check_value(definition, _read_number(definition, text))
        case FieldType.DATE:
            text = text.split("T")[0].split(" ")[0]  # a spreadsheet's day has a midnight
            parts = text.split(".")
            if len(parts) == 3:
                text = f"{parts[2]}-{parts[1]:0>2}-{parts[0]:0>2}"
        case FieldType.BOOL:
            word = text.casefold()
            if word not in _YES | _NO:
                raise FieldError("wrong_type", definition.code)
            return word in _YES
        case FieldType.CHOICE:
            return check_value(definition, _key_of(definition, text))
        case FieldType.CHOICES:
            parts = [part.strip() for part in text.replace(";", ",").split(",")]
            return check_value(definition, [_key_of(definition, p) for p in parts if p])
    return check_value(definition, text)


def show_value(definition: FieldDefinition, value: Any) -> str:
    """A kept value in the reader's words; nothing for an empty one."""
    if value is None:
        return ""
    match definition.type:
        case FieldType.BOOL:
            return _("Yes") if value else _("No")
        case FieldType.NUMBER:
            return number_text(Decimal(str(value)))
        case FieldType.DATE:
            return day_text(date.fromisoformat(value), year=True)
        case FieldType.CHOICE:
            return definition.labels.get(value, value)
        case FieldType.CHOICES:
            return ", ".join(definition.labels.get(key, key) for key in value)
    return str(value)


def change_of(definition: FieldDefinition, before: Any, after: Any) -> tuple[str, list[Any]]:
    """A change for the history: named and worded as the field was at the time."""
    words = [show_value(definition, value) or None for value in (before, after)]
    return f"{CHANGE}{definition.name}", words


def keys_of(definition: FieldDefinition, value: Any) -> list[dict[str, Any]]:
    """The rows by which an object with this value is found, as keywords of FieldValue."""
    if value is None or not definition.is_found_by:
        return []
    match definition.type:
        case FieldType.NUMBER:
            return [{"number": int(Decimal(str(value)) * 10_000)}]
        case FieldType.DATE:
            return [{"number": date.fromisoformat(value).toordinal()}]
        case FieldType.BOOL:
            return [{"number": int(value)}]
        case FieldType.CHOICES:
            return [{"text": key} for key in value]
        case FieldType.CHOICE:
            return [{"text": value}]
    return [{"text": fold(value)}]


def rows_of(
    definitions: Mapping[str, FieldDefinition], values: Mapping[str, Any], object_id: int
) -> list[FieldValue]:
    """The rows of an object's values, unsaved."""
    return [
        FieldValue(definition_id=definitions[code].pk, object_id=object_id, **keys)
        for code, value in values.items()
        for keys in keys_of(definitions[code], value)
    ]


def fold(text: str) -> str:
    """Text as it is compared: in small letters, its first hundred characters."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())[:100]


def part_own(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part values into those under plain names and, by their codes, the company's own."""
    plain = {name: value for name, value in values.items() if not name.startswith(PREFIX)}
    own = {n.removeprefix(PREFIX): v for n, v in values.items() if n.startswith(PREFIX)}
    return plain, own


def with_prefix(values: Mapping[str, Any]) -> dict[str, Any]:
    """The company's own values under the names that `part_own` reads."""
    return {f"{PREFIX}{code}": value for code, value in values.items()}


def pointer_of(code: str) -> str:
    """Where the value of a field stands in a body, as a part of a pointer."""
    return "custom/" + code.replace("~", "~0").replace("/", "~1")


def input_of(pointer: str) -> str:
    """The form's name of a field that was refused by its place in a body."""
    return pointer.replace("custom/", PREFIX, 1) if pointer.startswith("custom/") else pointer


class _Refused(Exception):
    def __init__(self, code: str) -> None:
        self.code = code


def _text(definition: FieldDefinition, value: Any) -> Any:
    if not isinstance(value, str) or _UNKEPT.search(value):
        raise _Refused("wrong_type")
    text = value.strip()
    if definition.type == FieldType.TEXT:
        text = " ".join(text.split())
    if len(text) > MAX_TEXT[FieldType(definition.type)]:
        raise _Refused("max_length")
    return text or None


def _link(definition: FieldDefinition, value: Any) -> Any:
    text = _text(definition, value)
    if text is None:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        raise _Refused("bad_link") from None
    # Only these: an address of another scheme would be run when it is clicked.
    if parts.scheme not in {"http", "https"} or not parts.netloc or any(c.isspace() for c in text):
        raise _Refused("bad_link")
    return text


def _number(_definition: FieldDefinition, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _Refused("wrong_type")
    if isinstance(value, float) and not math.isfinite(value):
        raise _Refused("bad_number")
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) >= MAX_NUMBER or number != number.quantize(_PLACES):
        raise _Refused("bad_number")
    return int(number) if number == number.to_integral_value() else float(number)


def _date(_definition: FieldDefinition, value: Any) -> str:
    if not isinstance(value, str) or len(value) != 10:
        raise _Refused("bad_date" if isinstance(value, str) else "wrong_type")
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise _Refused("bad_date") from None


def _bool(_definition: FieldDefinition, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Refused("wrong_type")
    return value


def _choice(definition: FieldDefinition, value: Any) -> str:
    if not isinstance(value, str):
        raise _Refused("wrong_type")
    if value not in definition.labels:
        raise _Refused("unknown_option")
    return value


def _choices(definition: FieldDefinition, value: Any) -> list[str]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise _Refused("wrong_type")
    wanted = {_choice(definition, key) for key in value}
    # In the list's order, so that equal values are equal lists.
    return [key for key in definition.labels if key in wanted]


_CHECKS = {
    FieldType.TEXT: _text,
    FieldType.LONG: _text,
    FieldType.LINK: _link,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.BOOL: _bool,
    FieldType.CHOICE: _choice,
    FieldType.CHOICES: _choices,
}


def _read_number(definition: FieldDefinition, text: str) -> Decimal:
    try:
        return Decimal("".join(text.split()).replace(",", ".").replace("\u2212", "-"))
    except InvalidOperation:
        raise FieldError("bad_number", definition.code) from None


def _key_of(definition: FieldDefinition, text: str) -> str:
    if text in definition.labels:
        return text
    by_label = {fold(label): key for key, label in definition.labels.items()}
    return by_label.get(fold(text), text)
