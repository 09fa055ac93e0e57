"""Fields of a company's own, made as the settings make them."""

from typing import Any

from django.utils import timezone

from crm.audit.actor import Actor
from crm.fields.actions import create_definition
from crm.fields.models import FieldDefinition

SYSTEM = Actor.system("test")


def make_field(name: str, type: str = "text", kind: str = "order", **more: Any) -> FieldDefinition:
    return create_definition(
        kind=kind, name=name, type=type, actor=SYSTEM, now=timezone.now(), **more
    )
