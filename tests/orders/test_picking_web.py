"""Picking in the browser: whose list, scans, counts, a short pick, packing, the lead's view."""

import json

import pytest
from django.utils import timezone

from crm.accounts.permissions import Role
from inventory.factories import make_variant
from orders.actions.edit_requests import request_edit
from orders.actions.place import place_order
from orders.actions.transition import agree_order, start_picking
from orders.edits import OrderEdit
from orders.inputs import BuyerInput, DeliveryInput, LineInput, OrderInput
from orders.models import EditRequest, Parcel, PickItem, PickList
from orders.pipeline import Stage
from orders.scan import spellings
from orders.web import picking
from tests.fixtures.cast import hire
from tests.orders.conftest import SYSTEM
from tests.orders.pages import text


@pytest.fixture
def order(shop, picker):
    make_variant("CUP-1", product="Чашка", on_hand=5, barcodes=("4820001",))
    make_variant("TEA-1", product="Чай", on_hand=5, barcodes=("4820002",))
    now = timezone.now()
    made = place_order(
        data=OrderInput(
            channel_code="site",
            lines=(LineInput(quantity=2, sku="CUP-1"), LineInput(quantity=1, sku="TEA-1")),
            buyer=BuyerInput(name="Олена Коваленко", phone="+380671234567"),
            delivery=DeliveryInput(method="pickup"),
            payment_method="cod",
            ship_date=timezone.localdate(),
        ),
        actor=SYSTEM,
        now=now,
    ).order
    agree_order(order_id=made.pk, actor=SYSTEM, now=now)
    start_picking(order_id=made.pk, actor=SYSTEM, now=now)
    made.refresh_from_db()
    return made


@pytest.fixture
def phone(client_of, picker):
    client = client_of(picker)
    client.cookies["kram_language"] = "en"
    return client


def url(order, path=""):
    return f"/shop/picking/{order.number}/{path}"


def picked(order):
    return dict(PickItem.objects.filter(pick_list__order=order).values_list("line__sku", "picked"))


def item(order, sku):
    return PickItem.objects.get(pick_list__order=order, line__sku=sku)


def test_list_names_goods_and_hides_prices_and_the_customer(phone, order):
    html = text(phone.get(url(order)))
    assert "Чашка" in html
    assert "Олена" not in html
    assert "₴" not in html
    assert "UAH" not in html
    assert f"№{order.number}" in text(phone.get("/shop/picking/"))


def test_scan_ticks_one_unit_by_barcode_or_sku_in_either_layout(phone, order):
    answer = phone.post(url(order, "scan/"), {"code": "4820001"})
    assert answer.status_code == 200
    assert json.loads(answer["HX-Trigger"]) == {"scan:good": {"item": item(order, "CUP-1").pk}}
    phone.post(url(order, "scan/"), {"code": "ЕУФ-1"})
    assert picked(order) == {"CUP-1": 1, "TEA-1": 1}


def test_wrong_or_needless_scan_is_refused_and_ticks_nothing(phone, order):
    phone.post(url(order, "scan/"), {"code": "4820002"})
    for code, words in (("9999", "9999 is not on this list"), ("4820002", "is complete")):
        answer = phone.post(url(order, "scan/"), {"code": code})
        assert answer.status_code == 422
        assert "scan:bad" in answer["HX-Trigger"]
        assert words in text(answer)
    assert picked(order) == {"CUP-1": 0, "TEA-1": 1}


def test_the_same_count_sent_twice_counts_once(phone, order):
    address = url(order, f"items/{item(order, 'CUP-1').pk}/")
    for _ in range(2):
        assert phone.post(address, {"picked": "1"}).status_code == 200
    assert picked(order)["CUP-1"] == 1
    assert phone.post(address, {"picked": "3"}).status_code == 409
    assert picked(order)["CUP-1"] == 1


def test_a_press_that_comes_late_again_does_not_undo_what_was_counted_since(
    phone, order, django_capture_on_commit_callbacks
):
    address = url(order, f"items/{item(order, 'CUP-1').pk}/")
    for tick, count in (("a1", "1"), ("a2", "2"), ("a1", "1")):
        with django_capture_on_commit_callbacks(execute=True):
            assert phone.post(address, {"picked": count, "tick": tick}).status_code == 200
    assert picked(order)["CUP-1"] == 2
    with django_capture_on_commit_callbacks(execute=True):
        phone.post(address, {"picked": "1", "tick": "a3"})
    assert picked(order)["CUP-1"] == 1


def test_short_pick_asks_the_manager_who_answers(phone, order, client_of, manager):
    row = item(order, "TEA-1")
    phone.post(url(order, f"items/{row.pk}/question/"), {"why": "Damaged"})
    live = PickList.objects.get(order=order)
    assert (live.state, live.question) == ("short", "Damaged: Чай, there are 0 of 1")
    card = f"/shop/orders/{order.number}/"
    desk = client_of(manager)
    assert "Damaged: Чай" in text(desk.get(card))
    assert desk.post(card + "answer/", {"answer": "Візьми іншу"}).status_code == 200
    live.refresh_from_db()
    assert live.state == "open"


def test_packing_waits_for_every_line(phone, order):
    answer = phone.post(url(order, "pack/"), {"weight": "1,25"})
    assert answer.status_code == 422
    assert "not every line is picked" in text(answer)
    order.refresh_from_db()
    assert order.stage == Stage.PICKING
    for row in PickItem.objects.filter(pick_list__order=order):
        phone.post(url(order, f"items/{row.pk}/"), {"picked": str(row.quantity)})
    answer = phone.post(url(order, "pack/"), {"weight": "1,25", "length_cm": "20"})
    assert answer.status_code == 303
    order.refresh_from_db()
    parcel = Parcel.objects.get(order=order)
    assert order.stage == Stage.PACKED
    assert (parcel.weight_g, parcel.length_cm, parcel.width_cm) == (1250, 20, None)


def test_somebody_elses_list_is_only_looked_at(phone, order, client_of, shop):
    other = client_of(hire(shop, Role.PICKER, name="Інший"))
    address = url(order, f"items/{item(order, 'CUP-1').pk}/")
    assert other.get(url(order)).status_code == 200
    assert other.post(address, {"picked": "1"}).status_code == 403
    assert picked(order)["CUP-1"] == 0
    assert phone.post(address, {"picked": "1"}).status_code == 200
    assert picked(order)["CUP-1"] == 1


def test_of_two_who_take_a_free_list_the_first_has_it(order, phone, picker, shop, monkeypatch):
    PickList.objects.update(picker=None)
    quicker = hire(shop, Role.PICKER, name="Юрко Білик")
    take = picking.take_pick_list

    def take_after_a_colleague(**given):
        take(**{**given, "picker_id": quicker.pk, "only_free": False})
        return take(**given)

    monkeypatch.setattr(picking, "take_pick_list", take_after_a_colleague)
    assert phone.post(url(order, "take/")).status_code == 303
    assert "A colleague has taken this list." in text(phone.get(url(order)))
    assert PickList.objects.get().picker_id == quicker.pk


def test_free_list_is_taken(order, client_of, shop):
    PickList.objects.filter(order=order).update(picker=None)
    other = hire(shop, Role.PICKER, name="Інший")
    client = client_of(other)
    assert client.post(url(order, "take/")).status_code == 303
    assert PickList.objects.get(order=order).picker_id == other.pk


def test_manager_does_not_pick(order, client_of, manager):
    assert client_of(manager).get(url(order)).status_code == 403


def test_lead_hands_lists_out_and_decides_changes(
    order, phone, client_of, warehouse_lead, picker, shop
):
    lead = client_of(warehouse_lead)
    lead.cookies["kram_language"] = "en"
    live = PickList.objects.get(order=order)
    other = hire(shop, Role.PICKER, name="Інший")
    assert phone.get("/shop/picking/all/").status_code == 403
    assert phone.post(f"/shop/picking/all/{live.pk}/", {"picker": other.pk}).status_code == 403
    assert lead.post(f"/shop/picking/all/{live.pk}/", {"picker": other.pk}).status_code == 200
    live.refresh_from_db()
    assert live.picker_id == other.pk

    edit = OrderEdit({"delivery_city": "Львів"})
    request_edit(order_id=order.pk, edit=edit, reason="", actor=SYSTEM, now=timezone.now())
    pending = EditRequest.objects.get(order=order)
    assert "Львів" in text(lead.get("/shop/picking/all/"))
    address = f"/shop/picking/requests/{pending.pk}/"
    assert phone.post(address, {"accept": "yes"}).status_code == 403
    answer = lead.post(address, {"accept": "no", "answer": "Вже спаковано"})
    assert answer.status_code == 200
    pending.refresh_from_db()
    order.refresh_from_db()
    assert (pending.state, pending.answer, order.delivery_city) == (
        "refused",
        "Вже спаковано",
        "",
    )


def test_scanner_in_a_ukrainian_layout_types_the_same_keys():
    assert spellings("CUP-1") == ["CUP-1"]
    assert spellings("СГЗ-1") == ["СГЗ-1", "CUP-1"]
    assert spellings(" лп-100 ") == ["лп-100", "kg-100"]
