"""WooCommerce: from a signed delivery to an order, whatever order deliveries come in."""

import json
from decimal import Decimal

import pytest
from django.utils.translation import override

from crm.audit.actor import Actor
from integrations.ingress.receive import replay_delivery
from integrations.models import InboundDelivery
from integrations.web.words import describe_error, describe_outcome
from integrations.woocommerce.mapping import NotAnOrder, read_order
from integrations.woocommerce.provider import sign
from inventory.factories import item_of
from orders.actions.edit import edit_order
from orders.actions.transition import cancel_order
from orders.edits import OrderEdit
from orders.models import EditRequest, Order, OrderNote, Payment
from orders.pipeline import Stage
from orders.selectors.timeline import list_happenings
from tests.integrations.conftest import ORDER, order_body
from tests.orders.conftest import NOW, bring_to_picking, bring_to_shipped

LATER = "2026-04-09T10:00:00"


@pytest.mark.parametrize(
    ("secret", "body", "signature"),
    [
        (
            "s3cr3t-woo",
            b'{"id":727,"status":"processing"}',
            "8+4VElcSvAded+BCxW7PIGTWHbkDeKfd6Pjs4iXLJtA=",
        ),
        (
            "s3cr3t-woo",
            rb'{"id":728,"number":"728","billing":{"first_name":"\u041e\u043b\u0435\u043d\u0430",'
            rb'"city":"\u041a\u0438\u0457\u0432"},"payment_url":"https:\/\/shop.example\/pay\/728"}',
            "Vrefg78P3w+ZBJLJxeMNlstrpPO+kKCB/xdoeZ0j1MY=",
        ),
        ("a&b<c", b'{"id":1}', "VrDlznsIGEvhuE/5L4jOKOBnDur+Vi5jS3S1lim5btI="),
    ],
)
def test_the_vendors_signature(secret, body, signature):
    assert sign(secret, body) == signature


def test_a_delivery_becomes_an_order(send, shirt):
    delivery = send(ORDER)
    assert (delivery.state, delivery.outcome) == ("handled", "created")
    order = Order.objects.select_related("customer", "channel").get(id=delivery.object_id)
    assert (order.external_id, order.channel.code) == ("728", "site")
    assert (order.total, order.delivery_price) == (Decimal("2380.00"), Decimal("80.00"))
    line = order.lines.get()
    assert (line.variant_id, line.quantity, line.price, line.discount) == (
        shirt.id,
        2,
        Decimal("1200.00"),
        Decimal("100.00"),
    )
    assert line.name == "Футболка - Чорний, M – унісекс"
    assert (order.delivery_method, order.delivery_city, order.delivery_branch) == (
        "np_branch",
        "Київ",
        "Відділення №12",
    )
    assert (order.payment_method, order.customer_comment) == ("cod", "Подзвоніть, будь ласка")
    assert order.attribution["gclid"] == "abc"
    assert order.customer.name == "Олена Петренко"
    assert not order.has_problems
    assert item_of(shirt).reserved == 2


def test_created_and_updated_with_equal_content_are_one_order(send, shirt):
    send(ORDER)
    again = send(ORDER, topic="order.updated")
    assert (again.state, again.outcome) == ("handled", "unchanged")
    assert Order.objects.count() == 1
    assert Order.objects.get().version == 1


def test_the_same_delivery_again_is_counted_and_not_repeated(deliver, send, shirt):
    first = send(ORDER, delivery_id="d1")
    assert deliver(ORDER, delivery_id="d1").status_code == 200
    first.refresh_from_db()
    assert (InboundDelivery.objects.count(), first.repeats) == (1, 1)


def test_the_same_delivery_id_with_another_body_is_an_error(deliver, send, shirt):
    send(ORDER, delivery_id="d1")
    assert deliver(order_body(total="1.00"), delivery_id="d1").status_code == 409
    assert InboundDelivery.objects.count() == 1


def test_an_older_version_that_comes_late_changes_nothing(send, shirt):
    newer = order_body(date_modified_gmt=LATER, shipping_total="95.00", total="2395.00")
    send(newer)
    late = send(ORDER, topic="order.updated")
    assert late.outcome == "older"
    assert Order.objects.get().delivery_price == Decimal("95.00")


def test_an_update_changes_only_what_the_store_changed(send, shirt):
    order_id = send(ORDER).object_id
    edit_order(
        order_id=order_id,
        edit=OrderEdit({"delivery_branch": "Відділення №7", "discount": Decimal(30)}),
        actor=Actor.system("test"),
        now=NOW,
    )
    items = [{**ORDER["line_items"][0], "quantity": 3, "subtotal": "3600", "total": "3600"}]
    update = order_body(date_modified_gmt=LATER, line_items=items, total="3680.00")
    assert send(update, topic="order.updated").outcome == "updated"
    order = Order.objects.get()
    assert order.delivery_branch == "Відділення №7"
    assert (order.lines.get().quantity, order.total) == (3, Decimal("3650.00"))
    assert item_of(shirt).reserved == 3


def test_a_payment_in_the_store_is_recorded_once(send, shirt):
    send(ORDER)
    paid = order_body(date_modified_gmt=LATER, date_paid_gmt=LATER, transaction_id="T1")
    send(paid, topic="order.updated")
    send({**paid, "date_modified_gmt": "2026-04-09T11:00:00"}, topic="order.updated")
    order = Order.objects.get()
    assert (order.paid, Payment.objects.count()) == (Decimal("2380.00"), 1)


@pytest.mark.parametrize(
    ("data", "topic", "why"),
    [
        (
            order_body(status="cancelled", date_modified_gmt=LATER),
            "order.updated",
            "The store cancelled the order",
        ),
        ({"id": 728}, "order.deleted", "The store deleted the order"),
    ],
)
def test_a_cancelled_or_deleted_order_is_cancelled(send, shirt, data, topic, why):
    send(ORDER)
    with override("en"):
        send(data, topic=topic)
    order = Order.objects.get()
    assert order.stage == Stage.CANCELLED
    assert list_happenings(order)[0][0].reason == why
    assert item_of(shirt).reserved == 0


def test_cancelling_what_has_shipped_is_flagged(send, shirt):
    order = Order.objects.get(id=send(ORDER).object_id)
    bring_to_shipped(order)
    send(order_body(status="cancelled", date_modified_gmt=LATER), topic="order.updated")
    order.refresh_from_db()
    assert (order.stage, order.problems) == (Stage.SHIPPED, ["cancelled_outside"])


def test_a_change_of_what_is_being_picked_asks_the_warehouse(send, shirt):
    order = Order.objects.get(id=send(ORDER).object_id)
    bring_to_picking(order)
    changed = order_body(date_modified_gmt=LATER, customer_note="Залиште на рецепції")
    changed["shipping"]["address_1"] = "Відділення №99"
    send(changed, topic="order.updated")
    order.refresh_from_db()
    assert order.delivery_branch == "Відділення №12"
    request = EditRequest.objects.get()
    assert request.changes["fields"]["delivery_branch"] == "Відділення №99"


def test_a_cancellation_that_the_store_takes_back_is_a_new_order(send, shirt):
    """An unpaid order is cancelled by the clock, and the bank's answer comes after it."""
    send(ORDER)
    send(order_body(status="cancelled", date_modified_gmt=LATER), topic="order.updated")
    assert item_of(shirt).reserved == 0
    paid = order_body(date_modified_gmt="2026-04-09T11:00:00", date_paid_gmt=LATER)
    delivery = send(paid, topic="order.updated")
    old, new = Order.objects.order_by("number")
    assert (delivery.outcome, delivery.object_id) == ("created", new.id)
    assert (old.stage, old.external_id) == (Stage.CANCELLED, "")
    assert (new.stage, new.external_id, new.paid) == (Stage.NEW, "728", Decimal(2380))
    assert item_of(shirt).reserved == 2
    assert old.label in OrderNote.objects.get(order=new).text
    assert send(paid, topic="order.updated").outcome == "unchanged"
    assert Order.objects.count() == 2


class TestDeleted:
    def test_what_was_changed_before_and_comes_after_brings_nothing_back(self, send, shirt):
        send(ORDER)
        send({"id": 728}, topic="order.deleted")
        late = order_body(date_modified_gmt=LATER, customer_note="пізно")
        assert send(late, topic="order.updated").outcome == "older"
        assert Order.objects.get().stage == Stage.CANCELLED

    def test_it_may_come_before_the_order_itself(self, send, shirt):
        gone = send({"id": 728}, topic="order.deleted")
        with override("en"):
            assert describe_outcome(gone)["text"] == "There is no such order here"
        assert send(ORDER).outcome == "older"
        assert not Order.objects.exists()

    def test_out_of_the_bin_it_is_an_order_again(self, send, shirt):
        send(ORDER)
        send({"id": 728}, topic="order.deleted")
        assert send(ORDER, topic="order.restored").outcome == "created"
        assert Order.objects.filter(stage=Stage.NEW).count() == 1


def test_a_phone_that_the_store_spoiled_stops_nothing_else(send, shirt):
    send(ORDER)
    changed = order_body(date_modified_gmt=LATER, customer_note="Дякую")
    changed["shipping"]["phone"] = "нема"
    delivery = send(changed, topic="order.updated")
    assert (delivery.state, delivery.outcome) == ("handled", "updated")
    order = Order.objects.get()
    assert (order.customer_comment, order.problems) == ("Дякую", ["bad_phone"])
    assert order.recipient_phone == "+380670000001"
    assert "нема" in OrderNote.objects.get().text
    good = order_body(date_modified_gmt="2026-04-09T11:00:00", customer_note="Дякую")
    good["shipping"]["phone"] = "0670000002"
    send(good, topic="order.updated")
    order.refresh_from_db()
    assert (order.recipient_phone, order.problems) == ("+380670000002", [])


def test_what_the_store_changes_of_a_cancelled_order_is_no_trouble(send, shirt):
    order_id = send(ORDER).object_id
    cancel_order(order_id=order_id, reason_id=None, actor=Actor.system("test"), now=NOW)
    late = order_body(date_modified_gmt=LATER, customer_note="Дякую")
    assert send(late, topic="order.updated").outcome == "unchanged"
    assert Order.objects.get().problems == []


def test_an_update_after_which_the_sums_differ_is_flagged_until_they_agree(send, shirt):
    taxed = [{**ORDER["line_items"][0], "total_tax": "460.00"}]
    body = order_body(line_items=taxed, total_tax="476.00", total="2856.00")  # 16 on delivery
    send(body)
    order = Order.objects.get()
    assert (order.total, order.problems) == (Decimal("2856.00"), [])
    more = [{**taxed[0], "quantity": 3, "total": "3450", "subtotal": "3600", "total_tax": "690"}]
    body |= {"line_items": more, "date_modified_gmt": LATER}
    send({**body, "total_tax": "706", "total": "4236.00"}, topic="order.updated")
    order.refresh_from_db()
    assert (order.total, order.problems) == (Decimal("4236.00"), [])
    odd = {**body, "shipping_total": "90", "total": "9", "date_modified_gmt": "2026-04-09T11:00:00"}
    send(odd, topic="order.updated")
    order.refresh_from_db()
    assert order.problems == ["total_differs"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            "quantity_out_of_range: lines/1/quantity {'limit': 10000}",
            "Line 2: Quantity: from 1 to 10000.",
        ),
        ("unknown_currency: currency", "This currency is not supported."),
        ("The body is not JSON: Expecting value", "The store did not send JSON."),
        ("KeyError: 'x'", "KeyError: 'x'"),
    ],
)
def test_the_journal_says_why_in_words(error, said):
    with override("en"):
        assert describe_error(InboundDelivery(error=error)) == said


@pytest.mark.parametrize("status", ["checkout-draft", "auto-draft"])
def test_a_draft_is_no_order_yet(send, shirt, status):
    draft = send(order_body(status=status))
    with override("en"):
        assert describe_outcome(draft)["text"] == "Not an order yet"
    assert not Order.objects.exists()
    assert send(ORDER, topic="order.updated").outcome == "created"


def test_an_unknown_topic_is_kept_and_ignored(send, shirt):
    delivery = send({"id": 1}, topic="product.updated")
    assert (delivery.state, delivery.outcome) == ("handled", "ignored")


def test_what_can_not_be_understood_fails_visibly_and_can_be_replayed(send, shirt):
    delivery = send(b"<html>503</html>")
    assert (delivery.state, delivery.attempts) == ("failed", 1)
    assert "not JSON" in delivery.error
    assert replay_delivery(delivery_id=delivery.id, now=NOW).state == "waiting"


def test_half_a_letter_is_left_out_and_the_rest_is_an_order(send, shirt, owner, client_of):
    body = json.dumps(order_body(customer_note="Дякую!")).replace("!", "\\ud83d").encode()
    delivery = send(body)
    assert (delivery.outcome, Order.objects.get().customer_comment) == ("created", "Дякую")
    shown = client_of(owner).get(f"/shop/settings/deliveries/{delivery.pk}/")
    assert "Дякую?" in shown.content.decode()


def test_an_order_that_nobody_could_mend_fails_with_the_field(send, shirt):
    items = [{**ORDER["line_items"][0], "quantity": 99_999}]
    delivery = send(order_body(line_items=items))
    assert (delivery.state, "lines/0/quantity" in delivery.error) == ("failed", True)
    assert not Order.objects.exists()


class TestGate:
    def test_a_wrong_signature_is_refused(self, deliver):
        assert deliver(ORDER, secret="other").status_code == 401
        assert not InboundDelivery.objects.exists()

    def test_a_connection_without_secret_takes_nothing(self, deliver, woo):
        woo.secrets = {"webhook_secret": ""}
        woo.save()
        assert deliver(ORDER, secret="").status_code == 401

    def test_the_ping_is_answered_and_not_stored(self, client, woo):
        response = client.post(
            "/in/shop/tok3n/",
            data="webhook_id=7",
            content_type="application/x-www-form-urlencoded",
        )
        assert response.status_code == 200
        assert not InboundDelivery.objects.exists()

    def test_an_unknown_address_is_not_found(self, deliver, neighbour):
        assert deliver(ORDER, path="/in/shop/other/").status_code == 404
        assert deliver(ORDER, path="/in/nobody/tok3n/").status_code == 404
        assert deliver(ORDER, path="/in/neighbour/tok3n/").status_code == 404

    def test_too_large_a_body_is_refused(self, deliver):
        assert deliver(b"x" * (1024 * 1024 + 1)).status_code == 413

    def test_only_post(self, client, woo):
        assert client.get("/in/shop/tok3n/").status_code == 405


@pytest.mark.parametrize("data", [None, [], "x", 5, {}, {"id": 0}, {"id": []}])
def test_what_is_no_order_is_refused(data):
    with pytest.raises(NotAnOrder):
        read_order(data)


def test_strange_values_never_raise():
    order = read_order(
        {
            "id": 1,
            "line_items": [None, {"quantity": "x", "total": {}, "sku": None}, {"total": "NaN"}],
            "billing": "none",
            "shipping": [],
            "meta_data": {"key": 1},
            "fee_lines": [{"total": "-5"}, {"name": "Пакування", "total": "12.5"}],
            "total": "1e400",
            "date_created_gmt": "yesterday",
        }
    )
    assert (order.discount, order.total, order.placed) == ("5.00", "0", None)
    assert order.lines[-1].price == "12.50"
