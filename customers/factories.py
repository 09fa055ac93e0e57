"""Customers for tests and the demo."""

from datetime import datetime

from django.utils import timezone

from crm.audit.actor import Actor
from customers.actions.profile import create_customer
from customers.models import ContactKind, ContactPoint, Customer
from customers.names import sort_key
from customers.phones import digits_of
from customers.search import index_customers


def make_customer(
    name: str = "Олена Петренко",
    *,
    phone: str = "",
    email: str = "",
    language: str = "",
    now: datetime | None = None,
    indexed: bool = True,
) -> Customer:
    """A customer made as people make one, and found by name at once."""
    customer = create_customer(
        name=name,
        phone=phone,
        email=email,
        language=language,
        actor=Actor.system("factory"),
        now=now or timezone.now(),
    )
    if indexed:
        index_customers([customer.pk])
    return customer


def make_customers(
    people: list[tuple[str, str, str]], *, now: datetime | None = None
) -> list[Customer]:
    """Many customers of (name, E.164 phone, e-mail), indexed, in few statements; no history."""
    now = now or timezone.now()
    rows = Customer.objects.bulk_create(
        Customer(name=name, sort_name=sort_key(name), created_at=now)
        for name, _phone, _email in people
    )
    contacts = []
    for customer, (_name, phone, email) in zip(rows, people, strict=True):
        for kind, value in ((ContactKind.PHONE, phone), (ContactKind.EMAIL, email)):
            if value:
                digits = digits_of(value) if kind == ContactKind.PHONE else ""
                contacts.append(
                    ContactPoint(
                        customer=customer,
                        kind=kind,
                        value=value,
                        digits=digits,
                        reversed=digits[::-1],
                        is_primary=True,
                    )
                )
    ContactPoint.objects.bulk_create(contacts)
    index_customers([customer.pk for customer in rows])
    return rows
