"""A row for any tenant table, made from its fields alone: for tests that must cover them all."""

import itertools
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from crm.accounts.models import User
from crm.tenancy.fields import TenantField, TenantForeignKey
from crm.tenancy.models import TenantModel

TENANT_MODELS: list[type[TenantModel]] = sorted(
    (model for model in apps.get_models() if issubclass(model, TenantModel)),
    key=lambda model: model._meta.label,
)
REFERENCES: list[tuple[type[TenantModel], TenantForeignKey]] = [
    (model, field)
    for model in TENANT_MODELS
    for field in model._meta.concrete_fields
    if isinstance(field, TenantForeignKey)
]
# Where a constraint asks for more than the field itself says.
OVERRIDES: dict[str, dict[str, Any]] = {
    "inventory.StockItem": {"on_hand": 1, "reserved": 0},
    "inventory.Reservation": {"state": "waiting", "quantity": 1},
    "orders.OrderLine": {"quantity": 1},
    "orders.PickItem": {"quantity": 1},
    "orders.ReturnLine": {"quantity": 1},
}
_counter = itertools.count(1)


def make_row(model: type[models.Model], **given: Any) -> Any:
    """Store a row of the model for the tenant in scope, and rows for what it must refer to."""
    values = {**OVERRIDES.get(model._meta.label, {}), **given}
    for field in model._meta.concrete_fields:
        chosen = field.name in values or field.attname in values
        if chosen or field.primary_key or isinstance(field, TenantField):
            continue
        if field.has_default() or field.null:
            continue
        values[field.name] = _value(field)
    return model.objects.create(**values)


def _value(field: models.Field) -> Any:
    number = next(_counter)
    if field.is_relation:
        target = field.related_model
        if target is User:
            return User.objects.create_user(f"person{number}@example.com", full_name="Person")
        return make_row(target)
    if field.choices:
        return field.choices[0][0]
    match field:
        case models.BooleanField():
            return False
        case models.DateTimeField():
            return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=number)
        case models.DateField():
            return date(2026, 3, 2) + timedelta(days=number % 9000)
        case models.TimeField():
            return time(9)
        case models.DecimalField():
            return Decimal(1)
        case models.JSONField():
            return {}
        case ArrayField():
            return []
        case models.IntegerField():
            return number
        case models.CharField() if field.max_length and field.max_length < 8:
            return str(number)[-field.max_length :]
        case models.CharField() | models.TextField():
            return f"{field.name}{number}"[: field.max_length or 100]
        case models.BinaryField():
            return json.dumps(number).encode()
    raise NotImplementedError(f"No value is known for {field!r}: teach tests/tenancy/rows.py.")
