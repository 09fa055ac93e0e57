"""What is done from the card by a press or a short form: moves, money, tags, people."""

import json
from decimal import Decimal

from django.utils import timezone

from crm.accounts.permissions import Role
from crm.audit.models import AuditEntry
from orders.actions.place import place_order
from orders.inputs import LineInput, OrderInput
from orders.models import CancelReason, Payment, Status
from orders.pipeline import Stage
from tests.fixtures.cast import hire
from tests.orders.conftest import SYSTEM
from tests.orders.pages import picking, text, url


def test_cancelling_needs_a_reason_from_the_list(desk, order):
    answer = desk.post(url(order, "moves/cancelled/"), {"comment": "x"})
    assert answer.status_code == 422
    order.refresh_from_db()
    assert order.stage == Stage.NEW
    reason = CancelReason.objects.first()
    answer = desk.post(url(order, "moves/cancelled/"), {"reason": reason.pk, "comment": ""})
    assert answer.status_code == 200
    order.refresh_from_db()
    assert (order.stage, order.cancel_reason_id) == (Stage.CANCELLED, reason.pk)


def test_refused_move_says_why_and_moves_nothing(desk, order):
    picking(order)
    answer = desk.post(url(order, "moves/packed/"), {"weight": "1,5"})
    assert answer.status_code == 422
    assert "not every line is picked" in text(answer)
    order.refresh_from_db()
    assert order.stage == Stage.PICKING


def test_who_may_not_edit_is_told_what_is_missing_and_led_to_no_form(client_of, desk, shop, order):
    assert "agree=1" in text(desk.get(url(order)))
    lead = client_of(hire(shop, Role.WAREHOUSE_LEAD))
    page = text(lead.get(url(order)))
    assert "agree=1" not in page
    assert f'hx-post="{url(order, "moves/agreed/")}"' in page
    assert lead.post(url(order, "moves/agreed/")).status_code == 409
    order.refresh_from_db()
    assert order.stage == Stage.NEW


def test_payment_and_refund_are_recorded(desk, order):
    form = text(desk.get(url(order, "payments/")))
    assert 'value="620.00"' in form
    today = timezone.localdate().isoformat()
    data = {"kind": "payment", "amount": "1 000,50", "method": "transfer", "paid_on": today}
    assert desk.post(url(order, "payments/"), data).status_code == 200
    order.refresh_from_db()
    assert order.paid == Decimal("1000.50")
    too_much = {**data, "kind": "refund", "amount": "1001"}
    answer = desk.post(url(order, "payments/"), too_much)
    assert answer.status_code == 422
    assert "No more than 1,000.50 was paid." in text(answer)
    assert desk.post(url(order, "payments/"), {**too_much, "amount": "380.50"}).status_code == 200
    order.refresh_from_db()
    assert (order.refunded, order.due) == (Decimal("380.50"), Decimal(0))
    assert Payment.objects.filter(order_id=order.pk).count() == 2


def test_a_mistaken_payment_is_undone_from_the_toast_once(desk, order, client_of, analyst):
    today = timezone.localdate().isoformat()
    data = {"kind": "payment", "amount": "5000", "method": "card", "paid_on": today}
    answer = desk.post(url(order, "payments/"), data)
    undo = json.loads(answer["HX-Trigger"])["toast"]["undo_url"]
    assert client_of(analyst).post(undo).status_code == 403
    other = place_order(
        data=OrderInput(channel_code="site", lines=(LineInput(1, name="x", price=Decimal(1)),)),
        actor=SYSTEM,
        now=timezone.now(),
    ).order
    strange = undo.replace(f"/{order.number}/", f"/{other.number}/")
    assert desk.post(strange).status_code == 404
    for _ in range(2):
        assert desk.post(undo).status_code == 204
        order.refresh_from_db()
        assert (order.paid, order.refunded) == (5000, 5000)
    assert "Entered by mistake" in text(desk.get(url(order)))


def test_first_answer_stops_the_clock(desk, order):
    assert "I have answered" in text(desk.get(url(order)))
    answer = desk.post(url(order, "answered/"))
    assert "I have answered" not in text(answer)
    order.refresh_from_db()
    assert order.responded_at is not None


def test_assigning_has_its_undo(desk, order, manager):
    answer = desk.post(url(order, "assign/"), {"manager": manager.pk})
    order.refresh_from_db()
    assert order.manager_id == manager.pk
    undo = json.loads(answer["HX-Trigger"])["toast"]["undo_url"]
    assert desk.post(undo).status_code == 204
    order.refresh_from_db()
    assert order.manager_id is None


def test_status_inside_the_stage_is_changed_at_once(desk, order):
    second = Status.objects.create(name="Не додзвонились", stage=Stage.NEW, position=1)
    other = Status.objects.get(stage=Stage.SHIPPED)
    assert desk.post(url(order, "status/"), {"status": other.pk}).status_code == 409
    order.refresh_from_db()
    assert order.stage == Stage.NEW
    assert desk.post(url(order, "status/"), {"status": second.pk}).status_code == 200
    order.refresh_from_db()
    assert order.status_id == second.pk


def test_tags_are_set_exactly(desk, order):
    desk.post(url(order, "tags/"), {"tags": "подарунок,  vip , подарунок"})
    assert sorted(order.tags.values_list("name", flat=True)) == ["vip", "подарунок"]
    desk.post(url(order, "tags/"), {"tags": "vip"})
    assert list(order.tags.values_list("name", flat=True)) == ["vip"]
    assert AuditEntry.objects.filter(action="order.tagged").count() == 2
