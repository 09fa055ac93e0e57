"""Finding the customer behind an order, or making one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_all, fetch_one
from customers import events
from customers.emails import read_email
from customers.models import ContactKind, ContactPoint, Customer
from customers.names import sort_key
from customers.phones import digits_of, normalise_phone

_FIND = """
SELECT p.kind, c.id, c.name, c.sort_name, c.language, c.is_blocked, c.created_at, c.updated_at
FROM customers_contactpoint p
JOIN customers_customer c ON c.tenant_id = p.tenant_id AND c.id = p.customer_id
WHERE p.tenant_id = %s
  AND (p.kind = 'phone' AND p.value = %s OR p.kind = 'email' AND p.value = %s)
ORDER BY c.id
FOR NO KEY UPDATE OF c
"""
# One statement: the customer and the contact points. A contact that a concurrent transaction
# took first is left out, and RETURNING tells which ones are ours.
_MAKE = """
WITH made AS (
    INSERT INTO customers_customer
        (tenant_id, name, sort_name, language, is_blocked, created_at, updated_at)
    VALUES (%(tenant)s, %(name)s, %(sort_name)s, %(language)s, false, %(now)s, %(now)s)
    RETURNING id
), reached AS (
    INSERT INTO customers_contactpoint
        (tenant_id, customer_id, kind, value, digits, reversed, is_primary, created_at)
    SELECT %(tenant)s, made.id, c.kind, c.value, c.digits, reverse(c.digits), true, %(now)s
    FROM made, unnest(%(kinds)s::text[], %(values)s::text[], %(digits)s::text[])
        AS c(kind, value, digits)
    ON CONFLICT (tenant_id, kind, value) DO NOTHING
    RETURNING kind
)
SELECT made.id, ARRAY(SELECT kind FROM reached) FROM made
"""


@dataclass(frozen=True, slots=True)
class Buyer:
    """How a buyer gave themselves, already normalised (see `read_buyer`)."""

    name: str = ""
    phone: str = ""
    email: str = ""
    language: str = ""

    @property
    def contacts(self) -> list[tuple[str, str]]:
        pairs = [(ContactKind.PHONE.value, self.phone), (ContactKind.EMAIL.value, self.email)]
        return [(kind, value) for kind, value in pairs if value]


def read_buyer(*, name: str, phone: str, email: str, language: str = "") -> Buyer:
    """Normalise what was given; a phone that is no number and an e-mail that is none are left
    out: the caller tells of them."""
    return Buyer(
        name=" ".join(name.split())[:200],
        phone=normalise_phone(phone) or "",
        email=read_email(email) or "",
        language=language,
    )


def resolve_customer(*, buyer: Buyer, actor: Actor, now: datetime) -> tuple[Customer, bool]:
    """Return the customer with the buyer's phone, else e-mail, else a new one; and if it is new.

    A found customer's row is locked, so that two orders of one buyer go one after the other;
    a contact that the customer lacked is added. Without any contact a new customer is made.
    """
    found = _find(buyer)
    if found:
        return _take_found(found, buyer, actor=actor, now=now), False
    return _make(buyer, actor=actor, now=now)


def _find(buyer: Buyer) -> dict[str, Customer]:
    """The customers who have the buyer's contacts, by kind of contact, locked."""
    if not buyer.contacts:
        return {}
    rows = fetch_all(_FIND, [current_tenant_id(), buyer.phone, buyer.email])
    return {row[0]: _customer(*row[1:]) for row in rows}


def _customer(
    pk: int,
    name: str,
    sort_name: str,
    language: str,
    is_blocked: bool,
    created_at: datetime,
    updated_at: datetime,
) -> Customer:
    customer = Customer(
        id=pk,
        tenant_id=current_tenant_id(),
        name=name,
        sort_name=sort_name,
        language=language,
        is_blocked=is_blocked,
        created_at=created_at,
        updated_at=updated_at,
    )
    customer._state.adding = False
    customer._state.db = "default"
    return customer


def _take_found(
    found: dict[str, Customer], buyer: Buyer, *, actor: Actor, now: datetime
) -> Customer:
    customer = found.get(ContactKind.PHONE) or next(iter(found.values()))
    changes: dict[str, list[Any]] = {}
    lacking = [(kind, value) for kind, value in buyer.contacts if kind not in found]
    if lacking:
        ContactPoint.objects.bulk_create(
            [
                ContactPoint(
                    customer_id=customer.id,
                    kind=kind,
                    value=value,
                    digits=digits_of(value) if kind == ContactKind.PHONE else "",
                    reversed=digits_of(value)[::-1] if kind == ContactKind.PHONE else "",
                )
                for kind, value in lacking
            ],
            ignore_conflicts=True,
        )
        changes |= {kind: [None, value] for kind, value in lacking}
    if buyer.name and not customer.name:
        customer.name = buyer.name
        customer.sort_name = sort_key(buyer.name)
        customer.save(update_fields=["name", "sort_name", "updated_at"])
        changes["name"] = ["", buyer.name]
    if changes:
        record(events.CHANGED, customer, actor=actor, now=now, changes=changes)
    return customer


def _make(buyer: Buyer, *, actor: Actor, now: datetime) -> tuple[Customer, bool]:
    tenant_id = current_tenant_id()
    customer = Customer(
        tenant_id=tenant_id,
        name=buyer.name,
        sort_name=sort_key(buyer.name),
        language=buyer.language,
        created_at=now,
        updated_at=now,
    )
    row = fetch_one(
        _MAKE,
        {
            "tenant": tenant_id,
            "name": customer.name,
            "sort_name": customer.sort_name,
            "language": customer.language,
            "now": now,
            "kinds": [kind for kind, _value in buyer.contacts],
            "values": [value for _kind, value in buyer.contacts],
            "digits": [
                digits_of(value) if kind == ContactKind.PHONE else ""
                for kind, value in buyer.contacts
            ],
        },
    )
    assert row is not None
    customer.id, reached = row
    customer._state.adding = False
    if buyer.contacts and buyer.contacts[0][0] not in reached:
        # Somebody made this customer at the same time and has committed: theirs it is.
        customer.delete()
        return _take_found(_find(buyer), buyer, actor=actor, now=now), False
    record(events.CREATED, customer, actor=actor, now=now)
    return customer, True
