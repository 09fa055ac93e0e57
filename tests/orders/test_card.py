"""The card of an order: what it shows, what is changed in place, and nothing overwritten."""

import json
from decimal import Decimal
from html import unescape
from re import findall

import pytest
from django.utils import timezone

from crm.audit.models import AuditEntry
from inventory.factories import make_variant
from orders.actions.edit import edit_order
from orders.actions.notes import add_note
from orders.actions.place import place_order
from orders.actions.transition import agree_order, start_picking
from orders.edits import OrderEdit
from orders.inputs import BuyerInput, LineInput, OrderInput
from orders.models import CancelReason, EditRequest, Order, OrderTransition, Payment, Status
from orders.pipeline import Stage
from orders.selectors.snapshot import read_snapshot
from orders.web.blocks import FORMS
from tests.orders.conftest import SYSTEM

DELIVERY = {
    "delivery_method": "np_branch",
    "delivery_city": "Львів",
    "delivery_branch": "Відділення №12",
    "delivery_street": "",
    "recipient_name": "Олена Коваленко",
    "recipient_phone": "067 123 45 67",
    "ship_date": "2026-12-01",
    "ship_from": "10:00",
    "ship_till": "14:00",
    "payment_method": "cod",
}


@pytest.fixture
def order(shop):
    make_variant("CUP", product="Чашка", on_hand=3, price=Decimal(310), cost=Decimal(100))
    return place_order(
        data=OrderInput(
            channel_code="site",
            lines=(LineInput(quantity=2, sku="CUP"),),
            buyer=BuyerInput(name="Олена Коваленко", phone="+380671234567"),
        ),
        actor=SYSTEM,
        now=timezone.now(),
    ).order


@pytest.fixture
def desk(client_of, manager):
    """The manager's browser, in English."""
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    return client


def url(order, path=""):
    return f"/shop/orders/{order.number}/{path}"


def base_of(order, block):
    order.refresh_from_db()
    names = list(FORMS[block].base_fields)
    return {"base": json.dumps(read_snapshot(order, names)), "version": str(order.version)}


def save(client, order, block, seen, **typed):
    return client.post(
        url(order, f"blocks/{block}/"), {**seen, **typed}, headers={"HX-Request": "true"}
    )


def text(response):
    return response.content.decode()


def test_page_panel_and_fragment_are_one_card(desk, order):
    page = text(desk.get(url(order)))
    panel = text(desk.get(url(order) + "?panel=1"))
    fragment = text(desk.get(url(order), headers={"HX-Request": "true"}))
    for html in (page, panel, fragment):
        assert f'id="o{order.number}-lines"' in html
        assert "Олена Коваленко" in html
        assert 'href="tel:+380671234567"' in html
    assert "<html" in page
    assert "<html" not in panel
    assert "k-panel__head" in panel
    assert "k-panel__head" not in fragment


def test_query_count_does_not_grow_with_lines(desk, order, django_assert_max_num_queries):
    for n in range(30):
        make_variant(f"V-{n}", product=f"Річ {n}", on_hand=5)
    big = place_order(
        data=OrderInput(
            channel_code="site",
            lines=tuple(LineInput(quantity=1, sku=f"V-{n}") for n in range(30)),
            buyer=BuyerInput(name="Олена Коваленко", phone="+380671234567"),
        ),
        actor=SYSTEM,
        now=timezone.now(),
    ).order
    desk.get(url(order))
    for one in (order, big):
        with django_assert_max_num_queries(25):
            assert desk.get(url(one)).status_code == 200


def test_margin_is_only_for_those_who_see_costs(client_of, desk, owner, order):
    theirs = client_of(owner)
    theirs.cookies["kram_language"] = "en"
    assert "Margin" in text(theirs.get(url(order)))
    assert "Margin" not in text(desk.get(url(order)))


def test_picker_and_neighbour_do_not_see_the_card(client_of, desk, picker, neighbour_owner, order):
    assert desk.get(url(order)).status_code == 200
    assert client_of(picker).get(url(order)).status_code == 403
    assert client_of(neighbour_owner).get(url(order)).status_code == 404


def test_what_is_missing_leads_to_its_field(desk, order):
    html = text(desk.get(url(order)))
    assert "choose how it is delivered" in html
    assert "focus=ship_date" in html
    form = text(desk.get(url(order, "blocks/delivery/") + "?edit=1&focus=ship_date"))
    assert "autofocus" in form.split('name="ship_date"')[1].split(">")[0]


def test_delivery_is_saved_and_agreed_in_one_go(desk, order, manager):
    seen = base_of(order, "delivery")
    answer = save(desk, order, "delivery", seen, agree="1", **DELIVERY)
    assert answer.status_code == 200, text(answer)
    order.refresh_from_db()
    assert order.stage == Stage.AGREED
    assert order.recipient_phone == "+380671234567"
    assert json.loads(answer["HX-Trigger"])["toast"]["undo_url"] == url(order, "undo/new/")
    last = OrderTransition.objects.filter(order_id=order.pk).latest("id")
    assert (last.to_stage, last.actor_id) == (Stage.AGREED, manager.pk)

    # The toast's undo puts it back, and keeps what was written.
    assert desk.post(url(order, "undo/new/")).status_code == 204
    order.refresh_from_db()
    assert (order.stage, order.delivery_city) == (Stage.NEW, "Львів")


def test_what_is_still_missing_keeps_what_was_saved(desk, order):
    seen = base_of(order, "delivery")
    answer = save(desk, order, "delivery", seen, agree="1", **{**DELIVERY, "ship_date": ""})
    assert answer.status_code == 422
    assert "set the day of shipment" in text(answer)
    order.refresh_from_db()
    assert (order.stage, order.delivery_city) == (Stage.NEW, "Львів")


def test_wrong_values_stand_beside_their_fields_with_what_was_typed(desk, order):
    seen = base_of(order, "delivery")
    typed = {**DELIVERY, "recipient_phone": "12-34", "ship_till": "09:00"}
    answer = save(desk, order, "delivery", seen, **typed)
    assert answer.status_code == 422
    html = text(answer)
    assert "This is no phone number" in html
    assert "The interval ends before it begins." in html
    assert 'value="12-34"' in html
    order.refresh_from_db()
    assert order.delivery_city == ""


def test_second_editor_gets_a_comparison_and_chooses(desk, order, owner):
    seen = base_of(order, "delivery")
    edit = OrderEdit({"delivery_city": "Одеса", "delivery_branch": "№7"})
    edit_order(order_id=order.pk, edit=edit, actor=SYSTEM, now=timezone.now())
    answer = save(desk, order, "delivery", seen, **{**DELIVERY, "delivery_branch": ""})
    assert answer.status_code == 409
    html = text(answer)
    assert "Одеса" in html
    assert "Львів" in html
    order.refresh_from_db()
    assert (order.delivery_city, order.recipient_name) == ("Одеса", "Олена Коваленко")
    assert order.payment_method == ""

    again = {name: value for name, value in hidden(html).items() if name != "csrfmiddlewaretoken"}
    again |= {"choice-delivery_city": "yours", "choice-delivery_branch": "theirs"}
    answer = desk.post(url(order, "blocks/delivery/"), again, headers={"HX-Request": "true"})
    assert answer.status_code == 200, text(answer)
    order.refresh_from_db()
    assert (order.delivery_city, order.delivery_branch) == ("Львів", "№7")
    assert order.payment_method == "cod"


def hidden(html):
    """The hidden inputs of a form, as a browser would send them."""
    pairs = findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in pairs}


def test_a_colleagues_note_is_no_conflict(desk, order):
    seen = base_of(order, "delivery")
    add_note(order_id=order.pk, text="Передзвонити", actor=SYSTEM, now=timezone.now())
    answer = save(desk, order, "delivery", seen, **DELIVERY)
    assert answer.status_code == 200
    order.refresh_from_db()
    assert order.delivery_city == "Львів"


def picking(order):
    edit = OrderEdit(
        {
            "delivery_method": "pickup",
            "payment_method": "cod",
            "ship_date": timezone.localdate(),
        }
    )
    now = timezone.now()
    edit_order(order_id=order.pk, edit=edit, actor=SYSTEM, now=now)
    agree_order(order_id=order.pk, actor=SYSTEM, now=now)
    start_picking(order_id=order.pk, actor=SYSTEM, now=now)
    order.refresh_from_db()


def test_locked_order_is_asked_for_and_the_lead_decides(
    desk, order, client_of, warehouse_lead, manager
):
    picking(order)
    seen = base_of(order, "delivery")
    typed = {**DELIVERY, "delivery_method": "pickup", "ship_date": str(order.ship_date)}
    answer = save(desk, order, "delivery", seen, reason="Клієнт попросив", **typed)
    assert answer.status_code == 200, text(answer)
    order.refresh_from_db()
    assert order.delivery_city == ""
    request = EditRequest.objects.get(order_id=order.pk)
    assert (request.state, request.reason) == ("pending", "Клієнт попросив")
    card = text(desk.get(url(order)))
    assert "A change waits for the warehouse" in card
    assert "Львів" in card
    # A manager may not decide, the lead may.
    decide = url(order, f"requests/{request.pk}/")
    assert desk.post(decide, {"accept": "yes"}).status_code == 403
    order.refresh_from_db()
    assert order.delivery_city == ""
    assert client_of(warehouse_lead).post(decide, {"accept": "yes"}).status_code == 200
    order.refresh_from_db()
    assert order.delivery_city == "Львів"


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
    assert "No more than 1000.50 was paid." in text(answer)
    assert desk.post(url(order, "payments/"), {**too_much, "amount": "380.50"}).status_code == 200
    order.refresh_from_db()
    assert (order.refunded, order.due) == (Decimal("380.50"), Decimal(0))
    assert Payment.objects.filter(order_id=order.pk).count() == 2


def test_suspected_repeat_is_shown_beside_the_other_and_decided(desk, order):
    twin = place_order(
        data=OrderInput(
            channel_code="site",
            lines=(LineInput(quantity=2, sku="CUP"),),
            buyer=BuyerInput(name="Олена Коваленко", phone="+380671234567"),
        ),
        actor=SYSTEM,
        now=timezone.now(),
    ).order
    html = text(desk.get(url(twin)))
    assert f"Perhaps a repeat of №{order.number}" in html
    assert desk.post(url(twin, "duplicate/"), {"is_duplicate": "no"}).status_code == 200
    twin.refresh_from_db()
    assert (twin.duplicate_state, twin.is_counted) == ("rejected", True)


def test_first_answer_stops_the_clock(desk, order):
    assert "I have answered" in text(desk.get(url(order)))
    answer = desk.post(url(order, "answered/"))
    assert "I have answered" not in text(answer)
    order.refresh_from_db()
    assert order.responded_at is not None


def test_timeline_pages_by_key_and_keeps_the_whole_note(desk, order):
    long = "дуже довга нотатка " * 40
    for n in range(30):
        add_note(order_id=order.pk, text=f"{long}{n}.", actor=SYSTEM, now=timezone.now())
    first = text(desk.get(url(order)))
    assert f"{long}29." in first
    assert f"{long}2." not in first
    key = first.split("timeline/?before=")[1].split('"')[0]
    older = text(desk.get(url(order, f"timeline/?before={key}")))
    assert f"{long}2." in older
    assert f"{long}29." not in older
    assert "The order came in" in older


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


def test_analyst_reads_and_changes_nothing(client_of, analyst, order):
    client = client_of(analyst)
    html = text(client.get(url(order)))
    assert "?edit=1" not in html
    seen = base_of(order, "delivery")
    assert save(client, order, "delivery", seen, **DELIVERY).status_code == 403
    assert client.post(url(order, "moves/cancelled/"), {}).status_code == 403
    fresh = Order.objects.get(pk=order.pk)
    assert (fresh.delivery_city, fresh.stage) == ("", Stage.NEW)


def test_order_taken_by_the_warehouse_meanwhile_is_asked_for(desk, order):
    seen = base_of(order, "delivery")
    picking(order)
    changed = {**DELIVERY, "delivery_method": "pickup", "ship_date": str(order.ship_date)}
    answer = save(desk, order, "delivery", seen, **changed)
    # The day, the method and the payment were set by a colleague: first the comparison.
    assert answer.status_code == 409
    again = {name: value for name, value in hidden(text(answer)).items() if name != "csrf"}
    answer = desk.post(url(order, "blocks/delivery/"), again, headers={"HX-Request": "true"})
    assert answer.status_code == 200, text(answer)
    order.refresh_from_db()
    assert order.delivery_city == ""
    assert EditRequest.objects.get(order_id=order.pk).state == "pending"
