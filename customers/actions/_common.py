"""What several verbs need: the lock, and the reading of a contact as a person typed it."""

from django.db import IntegrityError, transaction

from customers.emails import read_email
from customers.errors import ContactTaken, CustomerError
from customers.models import ContactKind, ContactPoint, Customer
from customers.phones import digits_of, normalise_phone


def lock_customer(customer_id: int) -> Customer:
    """Return the customer with their row locked; raise CustomerError("not_found")."""
    customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    if customer is None:
        raise CustomerError("not_found")
    return customer


def read_contact(kind: str, raw: str) -> str:
    """Return the contact normalised; raise CustomerError beside its field."""
    raw = raw.strip()
    if kind == ContactKind.PHONE:
        value = normalise_phone(raw)
        if value is None:
            raise CustomerError("bad_phone", field="phone", value=raw)
        return value
    value = read_email(raw)
    if value is None:
        raise CustomerError("bad_email", field="email", value=raw)
    return value


def store_contact(*, customer_id: int, kind: str, value: str, is_primary: bool) -> ContactPoint:
    """Store a normalised contact. The database decides whose it is: a rival may be faster."""
    digits = digits_of(value) if kind == ContactKind.PHONE else ""
    try:
        with transaction.atomic():
            return ContactPoint.objects.create(
                customer_id=customer_id,
                kind=kind,
                value=value,
                digits=digits,
                reversed=digits[::-1],
                is_primary=is_primary,
            )
    except IntegrityError:
        owner = (
            ContactPoint.objects.select_related("customer").filter(kind=kind, value=value).first()
        )
        if owner is None:
            raise
        raise ContactTaken(
            field=kind, value=value, owner_id=owner.customer_id, owner_name=owner.customer.name
        ) from None
