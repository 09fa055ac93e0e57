"""The card's forms: changed in place, nothing overwritten unseen, the warehouse asked."""

import json
from decimal import Decimal

from django.utils import timezone

from crm.audit.actor import Actor
from orders.actions.edit import edit_order
from orders.actions.edit_requests import request_edit
from orders.actions.notes import add_note
from orders.actions.place import place_order
from orders.edits import EditLine, OrderEdit
from orders.inputs import LineInput, OrderInput
from orders.models import EditRequest, OrderTransition
from orders.pipeline import Stage
from tests.orders.conftest import SYSTEM
from tests.orders.pages import DELIVERY, base_of, hidden, picking, save, text, url


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

    again = hidden(html)
    again |= {"choice-delivery_city": "yours", "choice-delivery_branch": "theirs"}
    answer = desk.post(url(order, "blocks/delivery/"), again, headers={"HX-Request": "true"})
    assert answer.status_code == 200, text(answer)
    order.refresh_from_db()
    assert (order.delivery_city, order.delivery_branch) == ("Львів", "№7")
    assert order.payment_method == "cod"


def test_a_colleagues_note_is_no_conflict(desk, order):
    seen = base_of(order, "delivery")
    add_note(order_id=order.pk, text="Передзвонити", actor=SYSTEM, now=timezone.now())
    answer = save(desk, order, "delivery", seen, **DELIVERY)
    assert answer.status_code == 200
    order.refresh_from_db()
    assert order.delivery_city == "Львів"


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


def test_who_asked_takes_the_request_back_and_nobody_elses(
    desk, order, client_of, manager, owner, warehouse_lead
):
    picking(order)
    line = order.lines.get()
    wish = OrderEdit({}, (EditLine(id=line.pk, quantity=line.quantity, price=Decimal("9.50")),))
    ask = {"order_id": order.pk, "edit": wish, "reason": "", "now": timezone.now()}
    theirs = request_edit(**ask, actor=Actor.member(owner))
    decide = url(order, f"requests/{theirs.pk}/")
    assert desk.post(decide, {"accept": "no"}).status_code == 403
    assert client_of(warehouse_lead).post(decide, {"accept": "no"}).status_code == 200
    mine = request_edit(**ask, actor=Actor.member(manager))
    card = text(desk.get(url(order)))
    assert "Take the request back" in card
    assert "₴9.50" in card  # the diff speaks as the rest of the page
    decide = url(order, f"requests/{mine.pk}/")
    assert desk.post(decide, {"accept": "yes"}).status_code == 403
    assert desk.post(decide, {"accept": "no"}).status_code == 200
    mine.refresh_from_db()
    assert (mine.state, order.lines.get().price) == ("refused", line.price)
    assert "The request was taken back" in text(desk.get(url(order)))


def test_a_request_is_decided_on_its_own_orders_card_only(
    desk, order, client_of, manager, warehouse_lead
):
    picking(order)
    wish = OrderEdit({"delivery_city": "Одеса"})
    asked = request_edit(
        order_id=order.pk, edit=wish, reason="", actor=Actor.member(manager), now=timezone.now()
    )
    other = place_order(
        data=OrderInput(channel_code="site", lines=(LineInput(1, name="x", price=Decimal(1)),)),
        actor=SYSTEM,
        now=timezone.now(),
    ).order
    lead = client_of(warehouse_lead)
    strange = url(other, f"requests/{asked.pk}/")
    assert lead.post(strange, {"accept": "yes"}).status_code == 404
    asked.refresh_from_db()
    assert asked.state == "pending"


def test_order_taken_by_the_warehouse_meanwhile_is_asked_for(desk, order):
    seen = base_of(order, "delivery")
    picking(order)
    changed = {**DELIVERY, "delivery_method": "pickup", "ship_date": str(order.ship_date)}
    answer = save(desk, order, "delivery", seen, **changed)
    # The day, the method and the payment were set by a colleague: first the comparison.
    assert answer.status_code == 409
    again = hidden(text(answer))
    answer = desk.post(url(order, "blocks/delivery/"), again, headers={"HX-Request": "true"})
    assert answer.status_code == 200, text(answer)
    order.refresh_from_db()
    assert order.delivery_city == ""
    assert EditRequest.objects.get(order_id=order.pk).state == "pending"
