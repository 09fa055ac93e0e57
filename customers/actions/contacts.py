"""Phones and e-mails of a customer."""

from datetime import datetime

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from customers import events
from customers.actions._common import lock_customer, read_contact, store_contact
from customers.errors import CustomerError
from customers.models import ContactPoint, Customer

MAX_CONTACTS = 20


@transaction.atomic
def add_contact(
    *,
    customer_id: int,
    kind: str,
    value: str,
    actor: Actor,
    now: datetime,
    make_primary: bool = False,
) -> ContactPoint:
    """Add a phone or an e-mail; the first of its kind is the primary one.

    One that the customer has already is returned as it is; one of another customer raises
    ContactTaken.
    """
    customer = lock_customer(customer_id)
    clean = read_contact(kind, value)
    mine = list(customer.contacts.all())
    for contact in mine:
        if contact.kind == kind and contact.value == clean:
            return contact
    if len(mine) >= MAX_CONTACTS:
        raise CustomerError("too_many_contacts", field=kind, limit=MAX_CONTACTS)
    first = not any(contact.kind == kind for contact in mine)
    made = store_contact(customer_id=customer.pk, kind=kind, value=clean, is_primary=first)
    _record(customer, kind, "", clean, actor=actor, now=now)
    if make_primary and not first:
        _make_primary(customer, made)
    return made


@transaction.atomic
def remove_contact(
    *, customer_id: int, contact_id: int, actor: Actor, now: datetime
) -> ContactPoint | None:
    """Take a contact away and return what was removed; None when it is gone already.

    The oldest of the same kind that is left becomes the primary one. A customer without a name
    keeps the last contact: nobody could tell who they are.
    """
    customer = lock_customer(customer_id)
    contact = customer.contacts.filter(pk=contact_id).first()
    if contact is None:
        return None
    others = list(customer.contacts.exclude(pk=contact_id).order_by("pk"))
    if not others and not customer.name:
        raise CustomerError("last_contact", field=contact.kind)
    contact.delete()
    heirs = [other for other in others if other.kind == contact.kind]
    if contact.is_primary and heirs:
        _make_primary(customer, heirs[0])
    _record(customer, contact.kind, contact.value, "", actor=actor, now=now)
    return contact


@transaction.atomic
def make_contact_primary(
    *, customer_id: int, contact_id: int, actor: Actor, now: datetime
) -> ContactPoint:
    """Make a contact the one that is called or written to first."""
    customer = lock_customer(customer_id)
    contact = customer.contacts.filter(pk=contact_id).first()
    if contact is None:
        raise CustomerError("contact_not_found")
    if contact.is_primary:
        return contact
    before = customer.contacts.filter(kind=contact.kind, is_primary=True).first()
    _make_primary(customer, contact)
    old = before.value if before else ""
    record(
        events.CHANGED,
        customer,
        actor=actor,
        now=now,
        changes={f"primary_{contact.kind}": [old, contact.value]},
    )
    return contact


def _make_primary(customer: Customer, contact: ContactPoint) -> None:
    customer.contacts.filter(kind=contact.kind, is_primary=True).update(is_primary=False)
    contact.is_primary = True
    contact.save(update_fields=["is_primary"])


def _record(
    customer: Customer, kind: str, before: str, after: str, *, actor: Actor, now: datetime
) -> None:
    customer.save(update_fields=["updated_at"])
    changes: dict[str, list[str]] = {str(kind): [before, after]}
    record(events.CHANGED, customer, actor=actor, now=now, changes=changes)
