"""Making a customer and changing who they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from customers import events
from customers.actions._common import lock_customer, read_contact, store_contact
from customers.errors import CustomerError, StaleCustomer
from customers.models import ContactKind, Customer
from customers.names import sort_key

FIELDS = ("name", "language")
LANGUAGES = {"", *(code for code, _name in settings.LANGUAGES)}


@transaction.atomic
def create_customer(
    *,
    name: str,
    phone: str = "",
    email: str = "",
    language: str = "",
    actor: Actor,
    now: datetime,
) -> Customer:
    """Make a customer with their first contacts.

    Raises CustomerError ("empty", "bad_phone", "bad_email", "bad_language") and ContactTaken,
    which names the customer whose contact it is.
    """
    values = _clean({"name": name, "language": language})
    contacts = [
        (kind, read_contact(kind, raw))
        for kind, raw in ((ContactKind.PHONE, phone), (ContactKind.EMAIL, email))
        if raw.strip()
    ]
    if not values["name"] and not contacts:
        raise CustomerError("empty", field="name")
    customer = Customer.objects.create(
        **values,
        sort_name=sort_key(values["name"]),
        created_by_id=actor.member_id,
        created_at=now,
        updated_at=now,
    )
    for kind, value in contacts:
        store_contact(customer_id=customer.pk, kind=kind, value=value, is_primary=True)
    changes = {"name": ["", values["name"]], **{str(kind): ["", v] for kind, v in contacts}}
    record(events.CREATED, customer, actor=actor, now=now, changes=changes)
    return customer


@transaction.atomic
def edit_customer(
    *,
    customer_id: int,
    changes: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    seen: Mapping[str, Any] | None = None,
) -> Customer:
    """Change the named fields and no other.

    `seen` holds what the editor saw in them before: where a colleague has put something else
    there meanwhile StaleCustomer is raised and nothing is overwritten.
    """
    customer = lock_customer(customer_id)
    values = _clean(changes)
    stale = {
        name: (getattr(customer, name), value)
        for name, value in values.items()
        if seen is not None and name in seen and getattr(customer, name) not in (seen[name], value)
    }
    if stale:
        raise StaleCustomer(stale)
    diff = {
        name: [getattr(customer, name), value]
        for name, value in values.items()
        if getattr(customer, name) != value
    }
    if not diff:
        return customer
    if "name" in diff and not values["name"] and not customer.contacts.exists():
        raise CustomerError("empty", field="name")
    for name, (_before, value) in diff.items():
        setattr(customer, name, value)
    fields = list(diff)
    if "name" in diff:
        customer.sort_name = sort_key(customer.name)
        fields.append("sort_name")
    customer.save(update_fields=[*fields, "updated_at"])
    record(events.CHANGED, customer, actor=actor, now=now, changes=diff)
    return customer


@transaction.atomic
def set_blocked(
    *, customer_id: int, blocked: bool, actor: Actor, now: datetime, reason: str = ""
) -> Customer:
    """Stop selling to a customer, or sell to them again. Repeating it changes nothing."""
    customer = lock_customer(customer_id)
    if customer.is_blocked == blocked:
        return customer
    customer.is_blocked = blocked
    customer.save(update_fields=["is_blocked", "updated_at"])
    topic = events.BLOCKED if blocked else events.UNBLOCKED
    record(topic, customer, actor=actor, now=now, reason=reason.strip())
    return customer


def _clean(changes: Mapping[str, Any]) -> dict[str, str]:
    unknown = set(changes) - set(FIELDS)
    if unknown:
        raise TypeError(f"edit_customer() does not know {sorted(unknown)}")
    values = dict(changes)
    if "name" in values:
        values["name"] = " ".join(str(values["name"]).split())
        if len(values["name"]) > 200:
            raise CustomerError("name_too_long", field="name")
    if values.get("language", "") not in LANGUAGES:
        raise CustomerError("bad_language", field="language")
    return values
