"""What is proved of a company's orders: those that began here, those that were over, an example."""

from decimal import Decimal

import pytest
from django.utils import timezone

from crm.audit.actor import Actor
from crm.ops.proofs import prove_company
from customers.actions.make_many import create_named
from integrations.onboarding.actions.example import fill_example
from orders.actions.payments import record_payment
from orders.actions.place import place_order
from orders.actions.place_past import PastOrder, place_past_orders
from orders.inputs import LineInput, OrderInput, PaymentInput
from orders.models import Order
from orders.pipeline import Stage

LINE = LineInput(name="Чай", quantity=2, price=Decimal(120))


@pytest.fixture
def by(owner):
    return {"actor": Actor.member(owner), "now": timezone.now()}


def verdicts() -> dict[str, bool]:
    return {one.name: one.good for one in prove_company()}


def test_an_order_is_the_sum_of_its_payments(shop, by):
    order = place_order(data=OrderInput(channel_code="phone", lines=(LINE,)), **by).order
    paid = PaymentInput(amount=order.total, method="card")
    record_payment(order_id=order.pk, payment=paid, **by)
    assert verdicts() == {"stock": True, "money": True}
    Order.objects.filter(pk=order.pk).update(paid=1)
    assert verdicts() == {"stock": True, "money": False}


def test_what_was_paid_elsewhere_is_no_fault(shop, owner, by):
    (customer,) = create_named(names=["Ірина"], **by)
    data = OrderInput(channel_code="phone", lines=(LINE,), external_id="7")
    past = PastOrder(data, Stage.DELIVERED, customer, "hash", settled=True)
    (outcome,) = place_past_orders(orders=[past], source="old.csv", **by)
    fill_example(company=shop, member=owner, **by)
    assert Order.objects.get(pk=outcome.order_id).paid == 240
    assert Order.objects.filter(number__lt=0, paid__gt=0).exists()
    assert verdicts() == {"stock": True, "money": True}
    Order.objects.filter(number=-1).update(total=1)
    assert verdicts() == {"stock": True, "money": False}
