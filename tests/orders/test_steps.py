"""Moves and managers changed from a list: what is offered, what is done, refused and taken back."""

import json

import pytest
from django.urls import reverse

from inventory.factories import item_of
from inventory.models import Variant
from orders.models import CancelReason, Order, OrderTransition, Status
from orders.pipeline import Stage
from tests.orders.conftest import bring_to_packed, bring_to_shipped, settle
from tests.orders.lists import put, stock


@pytest.fixture(autouse=True)
def _goods(shop):
    stock()


@pytest.fixture
def browser(client_of, manager):
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    return client


def url(name, number=1, **kwargs):
    return reverse(f"orders:{name}", kwargs={"company": "shop", "number": number, **kwargs})


def status(stage):
    return Status.objects.get(stage=stage, is_default=True)


def move(browser, stage, **data):
    return browser.post(url("step"), {"status": status(stage).pk, **data})


def told(response):
    return json.loads(response["HX-Trigger"])["toast"]


def stage_of(number=1):
    return Stage(Order.objects.get(number=number).stage)


def test_a_ready_order_is_moved_and_the_toast_takes_it_back(browser):
    settle(put())

    moved = move(browser, Stage.PICKING)

    assert moved.json()["ok"] is True
    assert stage_of() == Stage.PICKING
    toast = told(moved)
    assert toast["text"] == f"№1: {status(Stage.PICKING).name}"
    back = browser.post(toast["undo_url"])
    assert back.status_code == 200
    assert stage_of() == Stage.AGREED
    assert "undo_url" not in told(back)


def test_an_order_that_lacks_something_stays_and_says_what(browser):
    put()

    refused = move(browser, Stage.AGREED)

    assert refused.status_code == 409
    assert refused.json()["card"] == "/shop/orders/1/"
    assert "choose how it is delivered" in refused.json()["text"]
    assert stage_of() == Stage.NEW
    assert OrderTransition.objects.count() == 1  # the one of placing


def test_a_move_that_the_pipeline_has_not_is_refused(browser):
    put()
    assert move(browser, Stage.DELIVERED).status_code == 409
    assert stage_of() == Stage.NEW


def test_a_colleagues_change_in_between_refuses_the_drag(browser):
    order = settle(put())

    stale = move(browser, Stage.PICKING, version=order.version - 1)
    assert stale.status_code == 409
    assert stale.json()["text"] == "A colleague has just changed this order."
    assert stage_of() == Stage.AGREED

    assert move(browser, Stage.PICKING, version=order.version).json()["ok"] is True


def test_another_status_of_the_same_stage(browser):
    put()
    waiting = Status.objects.create(name="No answer", stage=Stage.NEW)

    moved = browser.post(url("step"), {"status": waiting.pk})

    assert moved.json()["ok"] is True
    assert Order.objects.get(number=1).status == waiting
    browser.post(told(moved)["undo_url"])
    assert Order.objects.get(number=1).status == status(Stage.NEW)


def test_cancelling_asks_for_a_reason_first_and_frees_the_stock(browser):
    put()
    tea = Variant.objects.get(sku="TEA")
    assert item_of(tea).reserved == 1

    asked = move(browser, Stage.CANCELLED).json()
    assert asked == {"ask": url("ask", status_id=status(Stage.CANCELLED).pk)}
    assert stage_of() == Stage.NEW

    reason = CancelReason.objects.first()
    form = browser.get(asked["ask"])
    assert reason.name in form.text
    unanswered = browser.post(asked["ask"], {"comment": "x"})
    assert unanswered.status_code == 422
    assert stage_of() == Stage.NEW

    done = browser.post(asked["ask"], {"reason": reason.pk, "comment": ""})
    assert done.status_code == 204
    assert "panel:close" in json.loads(done["HX-Trigger"])
    order = Order.objects.get(number=1)
    assert (order.stage, order.cancel_reason) == (Stage.CANCELLED, reason)
    assert item_of(tea).reserved == 0


def test_shipping_asks_for_the_tracking_number_that_is_not_there(browser):
    order = bring_to_packed(put())
    asked = move(browser, Stage.SHIPPED).json()["ask"]

    done = browser.post(asked, {"tracking_number": "20450000000001"})

    assert done.status_code == 204
    assert stage_of() == Stage.SHIPPED
    assert order.parcels.get().tracking_number == "20450000000001"


def test_a_tracked_parcel_ships_at_once(browser):
    order = bring_to_packed(put())
    order.parcels.update(tracking_number="2045")
    assert move(browser, Stage.SHIPPED).json()["ok"] is True
    assert stage_of() == Stage.SHIPPED


def test_the_menu_says_where_to_and_what_is_missing(browser):
    put()
    text = browser.get(url("step-menu")).text
    assert "choose how it is delivered" in text
    assert f'href="{url("ask", status_id=status(Stage.CANCELLED).pk)}"' in text
    assert f'data-status="{status(Stage.AGREED).pk}"' not in text

    settle(Order.objects.get(number=1))
    text = browser.get(url("step-menu")).text
    assert f'data-status="{status(Stage.PICKING).pk}"' in text
    assert f'data-status="{status(Stage.NEW).pk}"' in text


def test_the_manager_is_changed_and_given_back(browser, manager, owner):
    order = put(manager_id=manager.pk)
    assert owner.display_name in browser.get(url("assign-menu")).text

    given = browser.post(url("hand-over"), {"manager": owner.pk})
    order.refresh_from_db()
    assert (given.json()["ok"], order.manager) == (True, owner)

    browser.post(told(given)["undo_url"])
    order.refresh_from_db()
    assert order.manager == manager

    browser.post(url("hand-over"), {"manager": ""})
    order.refresh_from_db()
    assert order.manager is None


def test_who_may_not_is_refused_and_nothing_happens(
    browser, client_of, analyst, warehouse_lead, neighbour_owner, manager, owner
):
    order = settle(put(manager_id=manager.pk))
    lead, reader, stranger = map(client_of, (warehouse_lead, analyst, neighbour_owner))

    assert move(reader, Stage.PICKING).status_code == 403
    assert move(stranger, Stage.PICKING).status_code == 404
    # A warehouse lead moves orders but may not cancel them.
    assert move(lead, Stage.CANCELLED).status_code == 403
    ask = url("ask", status_id=status(Stage.CANCELLED).pk)
    assert lead.post(ask, {"reason": CancelReason.objects.first().pk}).status_code == 403
    assert str(status(Stage.CANCELLED).name) not in lead.get(url("step-menu")).text
    for client in (reader, lead):
        assert client.post(url("hand-over"), {"manager": owner.pk}).status_code == 403
    order.refresh_from_db()
    assert (order.stage, order.manager) == (Stage.AGREED, manager)

    assert move(lead, Stage.PICKING).json()["ok"] is True


def test_what_does_not_exist_is_404(browser):
    put()
    assert browser.post(url("step", number=99), {"status": 1}).status_code == 404
    for wrong in ("", "0", "x", "²"):
        assert browser.post(url("step"), {"status": wrong}).status_code == 404
    assert browser.get(url("ask", status_id=status(Stage.AGREED).pk)).status_code == 404


@pytest.mark.parametrize("typed", ["²", "9" * 30, "x"])
def test_what_is_no_number_is_refused_in_words(browser, typed):
    """Digits to str.isdigit() that int() can't read, more than the database holds, letters."""
    order = bring_to_shipped(put())
    line = order.lines.get()
    wanted = {f"quantity-{line.pk}": typed, "reason": "бій"}

    returned = browser.post(url("move", stage="returned"), wanted)
    assert returned.status_code == 422
    assert stage_of() == Stage.SHIPPED
    assert browser.post(url("status"), {"status": typed}).status_code == 409
    assert browser.post(url("assign"), {"manager": typed}).status_code == 200
    assert browser.get(url("timeline"), {"before": typed}).status_code == 200
    entry = {"line_name": "чай", "line_quantity": typed, "line_price": "1", "line_variant": typed}
    counted = browser.post(reverse("orders:count", kwargs={"company": "shop"}), entry)
    assert counted.status_code == 200
    new = reverse("orders:new", kwargs={"company": "shop"})
    assert browser.get(new, {"customer": typed}).status_code == 200
    wanted[f"quantity-{line.pk}"] = "1"
    assert browser.post(url("move", stage="returned"), wanted).status_code == 200
