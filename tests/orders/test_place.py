"""Placing an order: what is stored, what is flagged, what is refused."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.audit.models import AuditEntry
from crm.outbox.models import OutboxEvent
from customers.models import ContactPoint, Customer
from inventory.actions.reserve import OutOfStock
from inventory.factories import item_of
from inventory.models import Reservation, StockMovement
from orders.actions.place import place_order
from orders.actions.transition import cancel_order
from orders.errors import ExternalIdConflict, InvalidOrder, UnknownChannel
from orders.inputs import BuyerInput, DeliveryInput, LineInput, OrderInput, PaymentInput
from orders.models import CancelReason, ExchangeRate, Order, OrderTransition, Payment
from tests.orders.conftest import NOW, SYSTEM, order_input, place


def test_an_order_is_stored_whole(tea, cup):
    data = OrderInput(
        channel_code="site",
        external_id="A-1",
        lines=(
            LineInput(sku="TEA", quantity=3, discount=Decimal(30)),
            LineInput(sku="CUP", quantity=1, price=Decimal("200.00")),
        ),
        buyer=BuyerInput(name="Олена Петренко", phone="067 123 45 67", email="Olena@Example.com"),
        delivery=DeliveryInput(method="np_branch", city="Київ", branch="12", price=Decimal(80)),
        discount=Decimal(50),
        payment_method="card",
        payment=PaymentInput(amount=Decimal(100), method="card", external_id="p1"),
        tags=("vip", "vip", " "),
        attribution={"utm_source": "google", "gclid": "x"},
    )
    placed = place_order(data=data, actor=SYSTEM, now=NOW)

    order = Order.objects.select_related("customer", "status", "demand").get(id=placed.order.id)
    assert placed.created
    assert order.number == 1 == order.demand.number
    assert (order.lines_total, order.total, order.paid, order.due) == (
        Decimal("470.00"),
        Decimal("500.00"),
        Decimal("100.00"),
        Decimal("400.00"),
    )
    assert [(ln.sku, ln.quantity, ln.total, ln.unit_cost) for ln in order.lines.all()] == [
        ("TEA", 3, Decimal("270.00"), Decimal("60.00")),
        ("CUP", 1, Decimal("200.00"), None),
    ]
    assert order.customer.name == "Олена Петренко"
    assert set(order.customer.contacts.values_list("value", flat=True)) == {
        "+380671234567",
        "olena@example.com",
    }
    assert (order.recipient_name, order.recipient_phone) == ("Олена Петренко", "+380671234567")
    assert order.status.stage == order.stage == 10
    assert order.respond_by == NOW + timedelta(minutes=30)
    assert list(order.tags.values_list("name", flat=True)) == ["vip"]
    assert order.attribution == {"utm_source": "google", "gclid": "x"}
    assert not order.has_problems
    assert Payment.objects.get(order=order).amount == 100
    assert OrderTransition.objects.get(order=order).to_stage == 10
    assert AuditEntry.objects.filter(object_type="order", object_id=order.id).count() == 1
    assert OutboxEvent.objects.filter(topic="order.placed", object_id=order.id).count() == 1
    assert (item_of(tea).reserved, item_of(cup).reserved) == (3, 1)
    assert StockMovement.objects.filter(demand=order.demand, kind="reserve").count() == 2


def test_what_is_short_waits(tea, cup):
    placed = place(("TEA", 1), ("CUP", 5))
    line = placed.lines[1]
    assert placed.short == {line.id: 3}
    assert placed.order.is_short
    rows = Reservation.objects.filter(line=line.id).values_list("state", "quantity")
    assert sorted(rows) == [("held", 2), ("waiting", 3)]


def test_all_or_nothing_leaves_nothing_behind(tea, cup):
    place(("TEA", 1), ("CUP", 2), all_or_nothing=True)
    before = Order.objects.count(), Reservation.objects.count(), item_of(tea).reserved
    with pytest.raises(OutOfStock) as refusal:
        place(("TEA", 1), ("CUP", 1), all_or_nothing=True)
    assert list(refusal.value.short.values()) == [1]
    assert (Order.objects.count(), Reservation.objects.count(), item_of(tea).reserved) == before


def test_pushed_twice_it_is_one_order(tea):
    first = place(("TEA", 1), external_id="X")
    second = place(("TEA", 1), external_id="X", now=NOW + timedelta(minutes=1))
    assert (second.created, second.order.id) == (False, first.order.id)
    assert Order.objects.count() == 1
    assert item_of(tea).reserved == 1


def test_the_same_external_id_with_other_content_is_a_conflict(tea):
    place(("TEA", 1), external_id="X")
    with pytest.raises(ExternalIdConflict):
        place(("TEA", 2), external_id="X")
    assert item_of(tea).reserved == 1
    # The same id in another channel is another order.
    assert place(("TEA", 2), external_id="X", channel_code="phone").created


def test_the_same_money_written_otherwise_is_the_same_content(tea):
    data = order_input(("TEA", 1), external_id="X")
    one = replace(data, lines=(LineInput(sku="TEA", quantity=1, price=Decimal("100")),))
    other = replace(data, lines=(LineInput(sku="TEA", quantity=1, price=Decimal("100.00")),))
    place_order(data=one, actor=SYSTEM, now=NOW)
    assert not place_order(data=other, actor=SYSTEM, now=NOW).created


def test_numbers_have_no_gaps(tea, cup):
    place(("TEA", 1))
    with pytest.raises(OutOfStock):
        place(("CUP", 9), all_or_nothing=True)
    assert place(("TEA", 1)).order.number == 2


@pytest.mark.parametrize("spelling", ["+380671234567", "0671234567", "380 67 123-45-67"])
def test_a_buyer_is_found_by_any_spelling_of_the_phone(tea, spelling):
    first = place(("TEA", 1)).order
    second = place(("TEA", 2), buyer=BuyerInput(name="О. П.", phone=spelling)).order
    assert second.customer_id == first.customer_id
    assert Customer.objects.count() == 1


def test_a_buyer_is_found_by_email_and_gains_the_phone(tea):
    first = place(("TEA", 1), buyer=BuyerInput(name="Іван", email="ivan@example.com")).order
    second = place(
        ("TEA", 2), buyer=BuyerInput(name="Іван", phone="0501112233", email="IVAN@example.com")
    ).order
    assert second.customer_id == first.customer_id
    assert ContactPoint.objects.get(kind="phone").value == "+380501112233"


@pytest.mark.parametrize(
    ("line", "buyer", "problem"),
    [
        (LineInput(sku="NOPE", quantity=1, price=Decimal(5)), None, "unknown_sku"),
        (LineInput(sku="TEA", quantity=1, price=Decimal(0)), None, "zero_price"),
        (LineInput(sku="TEA", quantity=1), BuyerInput(name="Хтось"), "no_contact"),
        (
            LineInput(sku="TEA", quantity=1),
            BuyerInput(phone="12", email="a@example.com"),
            "bad_phone",
        ),
    ],
)
def test_what_a_person_can_mend_is_stored_and_flagged(tea, line, buyer, problem):
    data = order_input(("TEA", 1))
    data = replace(data, lines=(line,), buyer=buyer or data.buyer)
    order = place_order(data=data, actor=SYSTEM, now=NOW).order
    order.refresh_from_db()
    assert order.problems == [problem]
    assert order.has_problems


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"lines": ()}, "lines", "no_lines"),
        ({"lines": (LineInput(sku="TEA", quantity=0),)}, "lines/0/quantity", None),
        ({"lines": (LineInput(sku="TEA", quantity=10_001),)}, "lines/0/quantity", None),
        (
            {"lines": (LineInput(sku="TEA", quantity=1, price=Decimal(-1)),)},
            "lines/0/price",
            "price_out_of_range",
        ),
        (
            {"lines": (LineInput(sku="TEA", quantity=2, discount=Decimal("200.01")),)},
            "lines/0/discount",  # of the catalogue's price
            "discount_out_of_range",
        ),
        (
            {"payment": PaymentInput(amount=Decimal(-5), method="card")},
            "payment/amount",
            "amount_out_of_range",
        ),
        (
            {"payment": PaymentInput(amount=Decimal(5), method="gold")},
            "payment/method",
            "unknown_payment_method",
        ),
        ({"tax": Decimal(-1)}, "tax", "amount_out_of_range"),
        ({"currency": "XXX"}, "currency", "unknown_currency"),
        ({"discount": Decimal(1000)}, "discount", "discount_out_of_range"),
        ({"customer_id": 10**9}, "customer/id", "unknown_customer"),
    ],
)
def test_what_nobody_can_mend_is_refused_at_the_field(tea, change, field, code):
    data = order_input(("TEA", 1))
    with pytest.raises(InvalidOrder) as refusal:
        place_order(data=replace(data, **change), actor=SYSTEM, now=NOW)
    assert refusal.value.field == field
    assert code is None or refusal.value.code == code
    assert not Order.objects.exists()
    assert place_order(data=data, actor=SYSTEM, now=NOW).order.number == 1


def test_a_discount_of_a_price_that_is_not_known_waits_for_the_price(tea):
    line = LineInput(sku="NOPE", quantity=2, discount=Decimal(10))
    order = place_order(
        data=replace(order_input(("TEA", 1)), lines=(line,)), actor=SYSTEM, now=NOW
    ).order
    assert (order.total, order.problems) == (0, ["unknown_sku", "zero_price"])


def test_a_line_costs_its_price_in_hundredths_times_its_units(tea):
    line = LineInput(sku="TEA", quantity=3, price=Decimal("0.333"))
    order = place_order(
        data=replace(order_input(("TEA", 1)), lines=(line,)), actor=SYSTEM, now=NOW
    ).order
    stored = order.lines.get()
    assert (stored.price, stored.total) == (Decimal("0.33"), Decimal("0.99"))


def test_an_unknown_channel_is_refused(tea):
    with pytest.raises(UnknownChannel):
        place(("TEA", 1), channel_code="nowhere")


def test_another_currency_keeps_its_rate(tea):
    ExchangeRate.objects.create(currency="EUR", rate=Decimal("44.5"), since=date(2026, 3, 1))
    ExchangeRate.objects.create(currency="EUR", rate=Decimal("50"), since=date(2026, 3, 9))
    data = order_input(currency="EUR")
    data = replace(data, lines=(LineInput(sku="TEA", quantity=2, price=Decimal("3.10")),))
    order = place_order(data=data, actor=SYSTEM, now=NOW).order
    assert (order.total, order.rate, order.total_base) == (
        Decimal("6.20"),
        Decimal("44.5"),
        Decimal("275.90"),
    )


def test_a_currency_without_rate_is_flagged(tea):
    data = order_input(currency="PLN")
    data = replace(data, lines=(LineInput(sku="TEA", quantity=2, price=Decimal(3)),))
    order = place_order(data=data, actor=SYSTEM, now=NOW).order
    assert order.problems == ["no_rate"]
    assert order.total_base == 0


def test_a_repeat_within_the_hour_is_suspected_and_not_counted(tea, cup):
    first = place(("TEA", 1), ("CUP", 1)).order
    again = place(("CUP", 1), ("TEA", 1), now=NOW + timedelta(minutes=59)).order
    assert (again.duplicate_of_id, again.duplicate_state) == (first.id, "suspected")
    assert not again.is_counted
    assert first.is_counted


def test_what_is_no_repeat(tea, cup):
    first = place(("TEA", 1)).order
    other_basket = place(("TEA", 2)).order
    later = place(("TEA", 1), now=NOW + timedelta(minutes=61)).order
    other_buyer = place(("TEA", 1), buyer=BuyerInput(phone="0509998877")).order
    reason = CancelReason.objects.first()
    cancel_order(order_id=first.id, reason_id=reason.id, actor=SYSTEM, now=NOW)
    after_cancel = place(("TEA", 1), now=NOW + timedelta(minutes=0)).order
    assert [o.duplicate_state for o in (other_basket, later, other_buyer)] == ["", "", ""]
    assert after_cancel.duplicate_of_id != first.id


def test_a_late_order_is_answered_in_working_hours(tea):
    friday_evening = NOW + timedelta(days=4, hours=6, minutes=45)  # 17:45 in Kyiv
    order = place(("TEA", 1), now=friday_evening).order
    assert order.respond_by == NOW + timedelta(days=7, hours=-2, minutes=15)  # Monday 09:15


def test_the_number_of_statements_does_not_grow_with_the_lines(tea, cup):
    place(("TEA", 1))
    with CaptureQueriesContext(connection) as one:
        place(("TEA", 1))
    with CaptureQueriesContext(connection) as two:
        place(("TEA", 1), ("CUP", 1), buyer=BuyerInput(phone="0671234567"))
    assert len(one) == len(two) <= 10
