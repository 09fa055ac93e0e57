"""Refunds in a WooCommerce store: recorded once, as far as was paid, and owed by nobody."""

from decimal import Decimal

from django.utils.translation import override

from crm.audit.actor import Actor
from orders.actions.edit import edit_order
from orders.edits import OrderEdit
from orders.guards import missing_for
from orders.models import EditRequest, Order, OrderNote, Payment
from orders.pipeline import Stage
from tests.integrations.conftest import ORDER, order_body
from tests.orders.conftest import NOW, bring_to_picking, bring_to_shipped

PAID = {"date_paid_gmt": "2026-04-09T09:21:05", "payment_method": "liqpay"}
BACK = {"id": 11, "reason": "", "total": "-300.00"}


def at(hour: int, **changes):
    """A later version of the paid order."""
    return order_body(**{**PAID, "date_modified_gmt": f"2026-04-09T{hour}:00:00", **changes})


def money_of(order):
    order.refresh_from_db()
    return order.paid, order.refunded, order.total, order.due


def test_it_is_recorded_once_and_leaves_nothing_to_pay(send, shirt):
    send(order_body(**PAID))
    order = Order.objects.get()
    assert (money_of(order), missing_for(order, Stage.PICKING)) == ((2380, 0, 2380, 0), [])
    with override("en"):
        for hour in (10, 11):
            send(at(hour, refunds=[BACK]), topic="order.updated")
    assert money_of(order) == (2380, 300, 2080, 0)
    assert missing_for(order, Stage.PICKING) == []
    assert OrderNote.objects.get().text.startswith("The store gave back ₴300.00")
    more = {"id": 12, "total": "-9999.00"}  # more than was paid here
    send(at(12, status="refunded", refunds=[BACK, more]), topic="order.updated")
    assert (money_of(order), order.stage) == ((2380, 2380, 2080, 0), Stage.CANCELLED)


def test_one_that_comes_before_its_payment_is_made_up_with_it(send, shirt):
    send(ORDER)
    unpaid = order_body(date_modified_gmt="2026-04-09T10:00:00", refunds=[BACK])
    send(unpaid, topic="order.updated")
    order = Order.objects.get()
    assert money_of(order) == (0, 0, 2380, 2380)
    send(at(11, refunds=[BACK]), topic="order.updated")
    assert money_of(order) == (2380, 300, 2080, 0)
    send(at(12, refunds=[BACK], customer_note="Дякую"), topic="order.updated")
    assert (money_of(order), order.problems) == ((2380, 300, 2080, 0), [])


def test_what_was_cut_is_recorded_when_there_is_money_for_it(send, shirt):
    send(order_body(**PAID))
    order = Order.objects.get()
    more = {"id": 12, "total": "-2500.00"}
    send(at(10, refunds=[BACK, more], status="on-hold"), topic="order.updated")
    assert money_of(order)[:2] == (2380, 2380)
    Order.objects.filter(id=order.id).update(paid=Decimal(3000))
    send(at(11, refunds=[BACK, more]), topic="order.updated")
    assert money_of(order)[:2] == (3000, 2800)
    parts = (
        Payment.objects.filter(kind="refund").order_by("id").values_list("external_id", "amount")
    )
    assert list(parts) == [
        ("woo:refund:11", 300), ("woo:refund:12", 2080), ("woo:refund:12:2", 420),
    ]  # fmt: skip


def test_an_order_that_comes_with_one_owes_nothing_either(send, shirt):
    send(order_body(**PAID, refunds=[BACK]))
    order = Order.objects.get()
    assert (money_of(order), order.problems) == ((2380, 300, 2080, 0), [])


def test_what_a_manager_had_taken_off_is_not_taken_off_again(send, shirt):
    send(order_body(**PAID))
    order = Order.objects.get()
    edit = OrderEdit({"discount": Decimal(300)})
    edit_order(order_id=order.id, edit=edit, actor=Actor.system("test"), now=NOW)
    assert money_of(order) == (2380, 0, 2080, -300)
    send(at(10, refunds=[BACK]), topic="order.updated")
    assert money_of(order) == (2380, 300, 2080, 0)
    assert not OrderNote.objects.exists()


def test_later_changes_of_the_store_keep_it_off(send, shirt):
    send(order_body(**PAID))
    send(at(10, refunds=[BACK]), topic="order.updated")
    fee = [{"name": "Знижка", "total": "-80.00"}]
    send(at(11, refunds=[BACK], fee_lines=fee, total="2300.00"), topic="order.updated")
    order = Order.objects.get()
    assert (money_of(order), order.problems) == ((2380, 300, 2000, -80), [])
    dearer = at(12, refunds=[BACK], fee_lines=fee, shipping_total="90.00", total="9.00")
    send(dearer, topic="order.updated")
    order.refresh_from_db()
    assert order.problems == ["total_differs"]


def test_the_warehouse_is_asked_for_what_it_has(send, shirt):
    order = Order.objects.get(id=send(order_body(**PAID)).object_id)
    bring_to_picking(order)
    send(at(10, refunds=[BACK]), topic="order.updated")
    assert money_of(order) == (2380, 300, 2380, 300)
    assert EditRequest.objects.get().changes["fields"]["discount"] == "300.00"


def test_what_has_shipped_costs_what_it_did(send, shirt):
    order = Order.objects.get(id=send(order_body(**PAID)).object_id)
    bring_to_shipped(order)
    send(at(10, refunds=[BACK]), topic="order.updated")
    assert (money_of(order), order.problems) == ((2380, 300, 2380, 300), [])


def test_money_is_counted_once_when_a_cancellation_is_taken_back(send, shirt):
    send(order_body(**PAID))
    old = Order.objects.get()
    send(at(10, refunds=[BACK]), topic="order.updated")
    send(at(11, refunds=[BACK], status="cancelled"), topic="order.updated")
    assert (money_of(old), old.stage) == ((2380, 300, 2080, -2080), Stage.CANCELLED)
    send(at(12, refunds=[BACK]), topic="order.updated")
    new = Order.objects.exclude(id=old.id).get()
    assert money_of(new) == (2380, 300, 2080, 0)
    assert money_of(old) == (2380, 2380, 2080, 0)
    assert new.label in Payment.objects.get(external_id__startswith="woo:carried").comment
