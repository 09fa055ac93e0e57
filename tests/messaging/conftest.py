"""Orders whose customers can be written to."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from crm.outbox.drain import drain_tenant
from crm.tenancy.models import Tenant
from inventory.factories import make_variant
from messaging.actions.send import send_due
from messaging.models import OutgoingMessage
from orders.actions.payments import record_payment
from orders.inputs import BuyerInput, PaymentInput
from orders.models import Order
from tests.orders.conftest import SYSTEM, place, settle

EMAIL = "olena@example.com"
BUYER = BuyerInput(name="Олена Петренко", phone="0671234567", email=EMAIL)


class Clock:
    """The sender's clock, which the test winds."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wind(self, **pause: float) -> None:
        self.now += timedelta(**pause)


@pytest.fixture
def clock() -> Clock:
    # Ahead of the letters, which are due when they are written: a busy machine takes its time.
    return Clock(timezone.now() + timedelta(seconds=30))


@pytest.fixture
def tea(shop: Tenant) -> Any:
    return make_variant("TEA", product="Чай «Карпатський»", on_hand=50, price=Decimal(100))


def agree(shop: Tenant, *, buyer: BuyerInput = BUYER, quantity: int = 2, **fields: Any) -> Order:
    """An order of `quantity` teas, agreed; its events are handled."""
    order = place(("TEA", quantity), buyer=buyer).order
    settle(order, **fields)
    drain_tenant(shop.pk)
    return Order.objects.get(pk=order.pk)


def pay(order: Order, amount: str, now: datetime) -> None:
    payment = PaymentInput(amount=Decimal(amount), method="card", paid_at=now)
    record_payment(order_id=order.pk, payment=payment, actor=SYSTEM, now=now)


def states() -> dict[str, str]:
    return dict(OutgoingMessage.objects.values_list("kind", "state"))


def send(clock: Clock) -> int:
    return send_due(clock=clock)


def without_email() -> BuyerInput:
    return replace(BUYER, email="")
