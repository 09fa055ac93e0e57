"""Making a customer and changing who they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.changes import Changes
from crm.audit.record import record
from crm.fields.actions import read_new, set_values, store_new
from crm.fields.models import Kind
from crm.fields.selectors import check_values, definitions_by_code
from crm.fields.values import PREFIX, FieldError, part_own, pointer_of, with_prefix
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
    custom: Mapping[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> Customer:
    """Make a customer with their first contacts; `custom` are values of the company's own fields.

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
    try:
        definitions, kept = read_new(Kind.CUSTOMER, custom or {})
    except FieldError as error:
        raise _refused(error) from None
    customer = Customer.objects.create(
        **values,
        custom=kept,
        sort_name=sort_key(values["name"]),
        created_by_id=actor.member_id,
        created_at=now,
        updated_at=now,
    )
    for kind, value in contacts:
        store_contact(customer_id=customer.pk, kind=kind, value=value, is_primary=True)
    changes: Changes = {
        "name": ["", values["name"]],
        **{str(kind): ["", v] for kind, v in contacts},
        **store_new(definitions, kept, customer.pk),
    }
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
    """Change the named fields and no other; `custom.CODE` is one of the company's own.

    `seen` holds what the editor saw in them before: where a colleague has put something else
    there meanwhile StaleCustomer is raised and nothing is overwritten.
    """
    customer = lock_customer(customer_id)
    plain, own = part_own(changes)
    values = _clean(plain)
    definitions = definitions_by_code(Kind.CUSTOMER) if own else {}
    try:
        own = check_values(definitions, own)
    except FieldError as error:
        raise _refused(error) from None
    present = {name: getattr(customer, name) for name in values}
    present |= {f"{PREFIX}{code}": customer.custom.get(code) for code in own}
    stale = {
        name: (present[name], value)
        for name, value in {**values, **with_prefix(own)}.items()
        if seen is not None and name in seen and present[name] not in (seen[name], value)
    }
    if stale:
        raise StaleCustomer(stale)
    diff = {
        name: [getattr(customer, name), value]
        for name, value in values.items()
        if getattr(customer, name) != value
    }
    customer.custom, own_diff = set_values(definitions, customer.custom, own, customer.pk)
    if not diff and not own_diff:
        return customer
    if "name" in diff and not values["name"] and not customer.contacts.exists():
        raise CustomerError("empty", field="name")
    for name, (_before, value) in diff.items():
        setattr(customer, name, value)
    fields = [*diff, "custom"] if own_diff else list(diff)
    if "name" in diff:
        customer.sort_name = sort_key(customer.name)
        fields.append("sort_name")
    customer.save(update_fields=[*fields, "updated_at"])
    record(events.CHANGED, customer, actor=actor, now=now, changes={**diff, **own_diff})
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


def _refused(error: FieldError) -> CustomerError:
    return CustomerError(error.code, field=pointer_of(error.field))


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
