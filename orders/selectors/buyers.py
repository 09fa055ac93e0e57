"""Whom an order is for, found while typing, with where things were sent last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crm.shell.formats import phone_text
from customers.models import ContactKind, Customer
from customers.selectors import find_customers
from orders.selectors.visible import Viewer, visible_orders


@dataclass(frozen=True, slots=True)
class LastDelivery:
    """Where and how a customer's latest order went."""

    method: str
    city: str
    branch: str
    street: str
    recipient_name: str
    recipient_phone: str
    payment_method: str
    placed_at: datetime

    @property
    def place(self) -> str:
        return ", ".join(part for part in (self.city, self.branch, self.street) if part)

    def as_fields(self) -> dict[str, str]:
        return {
            "delivery_method": self.method,
            "delivery_city": self.city,
            "delivery_branch": self.branch,
            "delivery_street": self.street,
            "recipient_name": self.recipient_name,
            "recipient_phone": self.recipient_phone,
            "payment_method": self.payment_method,
        }


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer as the order form offers them."""

    customer: Customer
    phone: str
    email: str
    last: LastDelivery | None

    @property
    def phone_text(self) -> str:
        return phone_text(self.phone) if self.phone else ""


def find_buyers(query: str, *, viewer: Viewer, limit: int = 7) -> list[Buyer]:
    """Return the viewer's customers by phone, e-mail or name. Two queries more than theirs."""
    customers = find_customers(query, limit, viewer=viewer)
    ids = [customer.pk for customer in customers]
    last = last_delivery(customer_ids=ids, viewer=viewer)
    buyers = []
    for customer in customers:
        contacts = sorted(customer.contacts.all(), key=lambda c: (not c.is_primary, c.pk))
        phones = [c.value for c in contacts if c.kind == ContactKind.PHONE]
        emails = [c.value for c in contacts if c.kind == ContactKind.EMAIL]
        buyers.append(
            Buyer(
                customer,
                phone=next(iter(phones), ""),
                email=next(iter(emails), ""),
                last=last.get(customer.pk),
            )
        )
    return buyers


def last_delivery(*, customer_ids: Sequence[int], viewer: Viewer) -> dict[int, LastDelivery]:
    """Return where the latest order with an address of each went, of those that the viewer is
    shown. One query."""
    rows = (
        visible_orders(viewer)
        .filter(customer_id__in=customer_ids)
        .exclude(delivery_method="")
        .order_by("customer_id", "-placed_at", "-id")
        .distinct("customer_id")
    )
    return {
        order.customer_id: LastDelivery(
            method=order.delivery_method,
            city=order.delivery_city,
            branch=order.delivery_branch,
            street=order.delivery_street,
            recipient_name=order.recipient_name,
            recipient_phone=order.recipient_phone,
            payment_method=order.payment_method,
            placed_at=order.placed_at,
        )
        for order in rows
    }
