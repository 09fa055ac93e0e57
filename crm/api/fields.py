"""Fields of request bodies: exact JSON types, so that the schema tells the whole truth.

Serializers made of them are built once and only validate; answers are written by hand.
"""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, cast

from django.utils.dateparse import parse_date, parse_datetime, parse_time
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crm.api.codes import VALUES, value_text

_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")
# An amount that is too great, or below zero: what is wrong with it can be said.
_NUMBER = re.compile(r"(?P<minus>-?)[0-9]{1,40}(\.[0-9]{1,2})?")
_ID = re.compile(r"[1-9]\d{0,17}")
_MAX_INT = 2**31 - 1


class Strict(serializers.Serializer):
    # Refuses members that it does not know: a typo must not be taken for silence. (A docstring
    # here would be shown as the description of every body.)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError(value_text("not_an_object"), code="not_an_object")
        unknown = {
            key: [serializers.ErrorDetail(value_text("unknown_field"), code="unknown_field")]
            for key in data
            if key not in self.fields
        }
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError(
                {**cast("dict[str, Any]", error.detail), **unknown}
            ) from None
        if unknown:
            raise serializers.ValidationError(unknown)
        return value


S = TypeVar("S", bound=serializers.Serializer)


@cache
def reader(serializer: type[S]) -> S:
    """The one instance of a serializer that validates; it keeps no state between calls."""
    return serializer()


def check(serializer: type[serializers.Serializer], data: Any) -> dict[str, Any]:
    """Return the validated values or raise ValidationError."""
    if data is None:
        raise serializers.ValidationError(value_text("null"), code="null")
    return reader(serializer).run_validation(data)


def many(serializer: type[serializers.Serializer], **kwargs: Any) -> Any:
    """A list of objects; `max_length`, `allow_empty` and `required` as for other fields."""
    return serializer(many=True, **kwargs)


class TextField(serializers.CharField):
    """A JSON string, trimmed."""

    default_error_messages = {"invalid": _("Must be a string.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 300)
        kwargs.setdefault("allow_blank", not kwargs.get("required", True))
        super().__init__(**kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)


class IntField(serializers.IntegerField):
    """A JSON number without a fraction."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", _MAX_INT)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is int:
            return data
        if isinstance(data, Decimal) and abs(data) <= _MAX_INT and data == data.to_integral_value():
            return int(data)
        raise serializers.ValidationError(self.error_messages["invalid"], code="invalid")


@extend_schema_field({"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["UAH"]})
class CurrencyField(TextField):
    """A code of ISO 4217; whether we know it is for the action to say."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=10, **kwargs)


class BoolField(serializers.BooleanField):
    """true or false."""

    default_error_messages = {"invalid": _("Must be true or false.")}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Choice(serializers.ChoiceField):
    """One of the listed words."""

    default_error_messages = {"invalid_choice": _("Must be one of: {words}.")}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", words=", ".join(self.choices))
        return data


@extend_schema_field({"type": "string", "pattern": "^[1-9][0-9]{0,17}$", "examples": ["1043"]})
class IdField(serializers.Field):
    """An id of ours: a string of digits."""

    default_error_messages = {"invalid": _("Must be an id, a string of digits.")}

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str) or not _ID.fullmatch(data) or not data.isascii():
            self.fail("invalid")
        return int(data)

    def to_representation(self, value: Any) -> str:
        return str(value)


@extend_schema_field(
    {"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,2})?$", "examples": ["1249.50"]}
)
class AmountField(serializers.Field):
    """An amount of money: a string, never a float."""

    default_error_messages = {
        "invalid": _(
            "Must be a string with a point and at most two digits after it, such as {example}."
        ),
        "min_value": _("May not be negative."),
        "max_value": VALUES["max_value"],
    }
    example = "1249.50"

    def to_internal_value(self, data: Any) -> Decimal:
        found = _NUMBER.fullmatch(data) if isinstance(data, str) else None
        if found is None:
            self.fail("invalid", example=self.example)
        if found["minus"]:
            self.fail("min_value")
        if not _AMOUNT.fullmatch(data):
            self.fail("max_value")
        return Decimal(data)

    def to_representation(self, value: Decimal) -> str:
        return str(value)


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?$"})
class PercentField(AmountField):
    """A rate of tax in percent."""

    example = "20.00"

    def to_internal_value(self, data: Any) -> Decimal:
        value = super().to_internal_value(data)
        if value > 100:
            self.fail("max_value")
        return value


@extend_schema_field({"type": "string", "format": "date-time"})
class MomentField(serializers.Field):
    """A time with its offset, RFC 3339."""

    default_error_messages = {
        "invalid": _("Must be a time with its offset: 2026-03-02T09:00:00+02:00."),
        "make_aware": VALUES["make_aware"],
        "out_of_range": VALUES["out_of_range"],
    }

    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = parse_datetime(data) if isinstance(data, str) and len(data) > 10 else None
        except ValueError:
            moment = None
        if moment is None:
            self.fail("invalid")
        if moment.tzinfo is None:
            self.fail("make_aware")
        if not 1970 < moment.year < 2200:
            self.fail("out_of_range")
        return moment.astimezone(UTC)

    def to_representation(self, value: datetime) -> str:
        return value.isoformat()


@extend_schema_field({"type": "string", "format": "date"})
class DayField(serializers.Field):
    """A day, "2026-03-02"."""

    default_error_messages = {
        "invalid": VALUES["bad_date"],
        "out_of_range": VALUES["out_of_range"],
    }

    def to_internal_value(self, data: Any) -> date:
        try:
            day = parse_date(data) if isinstance(data, str) and len(data) == 10 else None
        except ValueError:
            day = None
        if day is None:
            self.fail("invalid")
        if not 1970 < day.year < 2200:
            self.fail("out_of_range")
        return day


@extend_schema_field(
    {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["14:30"]}
)
class ClockField(serializers.Field):
    """An hour of the day, "14:30"."""

    default_error_messages = {"invalid": _("Must be a time of day such as 14:30.")}

    def to_internal_value(self, data: Any) -> time:
        try:
            clock = parse_time(data) if isinstance(data, str) and len(data) == 5 else None
        except ValueError:
            clock = None
        if clock is None:
            self.fail("invalid")
        return clock


class MoneyIn(Strict):
    """An amount; `currency` may be left out where the whole has one."""

    amount = AmountField()
    currency = CurrencyField(required=False)


class Money(serializers.Serializer):
    """An amount of money with its currency."""

    amount = serializers.CharField(help_text="Decimal with two digits after the point.")
    currency = serializers.CharField(help_text="ISO 4217 code.")


def money(amount: Decimal, currency: str) -> dict[str, str]:
    """Money as the API writes it."""
    return {"amount": str(amount), "currency": currency}
