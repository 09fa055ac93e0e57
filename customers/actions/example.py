"""Customers of the example that a new company may fill itself with, and take away again.

Like the example's goods they are told of to nobody (inventory/actions/example.py).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from crm.audit.models import AuditEntry
from customers.actions.remove import delete_customers
from customers.models import ContactKind, ContactPoint, Customer, CustomerTag
from customers.names import sort_key
from customers.search import index_customers


class ExampleCustomer(NamedTuple):
    name: str
    phone: str
    email: str
    created_at: datetime


@transaction.atomic
def make_example_customers(*, people: Sequence[ExampleCustomer], tag: str) -> list[Customer]:
    """Make the customers, each with a phone, an e-mail and the tag, in their places."""
    made = Customer.objects.bulk_create(
        [
            Customer(
                name=new.name,
                sort_name=sort_key(new.name),
                created_at=new.created_at,
                updated_at=new.created_at,
            )
            for new in people
        ]
    )
    contacts = []
    for new, customer in zip(people, made, strict=True):
        digits = new.phone.removeprefix("+")
        contacts += [
            ContactPoint(
                customer=customer,
                kind=ContactKind.PHONE,
                value=new.phone,
                digits=digits,
                reversed=digits[::-1],
                is_primary=True,
            ),
            ContactPoint(
                customer=customer, kind=ContactKind.EMAIL, value=new.email, is_primary=True
            ),
        ]
    # Of an earlier example there may be somebody who stayed: a contact has one owner.
    taken = set(
        ContactPoint.objects.filter(value__in=[one.value for one in contacts]).values_list(
            "value", flat=True
        )
    )
    ContactPoint.objects.bulk_create([one for one in contacts if one.value not in taken])
    CustomerTag.objects.bulk_create([CustomerTag(customer=one, name=tag) for one in made])
    index_customers([one.pk for one in made])
    return made


@transaction.atomic
def remove_example_customers(*, customer_ids: Sequence[int]) -> dict[int, str]:
    """Delete the customers whom nobody changed and on whom nothing hangs.

    Returns those that stay with why: "changed", or "in_use" (they have an order …).
    """
    locked = Customer.objects.select_for_update().filter(pk__in=customer_ids).order_by("pk")
    ids = list(locked.values_list("pk", flat=True))
    touched = AuditEntry.objects.filter(object_type="customer", object_id__in=ids)
    kept = dict.fromkeys(touched.values_list("object_id", flat=True), "changed")
    free = [pk for pk in ids if pk not in kept]
    if not delete_customers(free):
        kept.update({pk: "in_use" for pk in free if not delete_customers([pk])})
    return kept
