"""A status asks for one of the company's own fields, by whatever way an order comes to it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.audit.models import AuditEntry
from crm.fields.actions import archive_definition
from crm.jobs.models import Job, JobRow
from crm.jobs.run import run_job
from orders.actions import configure_statuses as configure
from orders.actions.edit import edit_order
from orders.actions.move import move_order
from orders.edits import OrderEdit
from orders.inputs import BuyerInput
from orders.models import Order, Status
from orders.pipeline import MoveRefused, Stage
from tests.api.conftest import make_key
from tests.fields.conftest import make_field
from tests.orders.conftest import AGREED, NOW, SYSTEM, place
from tests.orders.lists import stock

BY = {"actor": SYSTEM, "now": NOW}
SETTINGS = "/shop/settings/statuses/"
BULK = "/shop/orders/bulk/"
LONG = "c" * 40


@pytest.fixture
def card_field(shop):
    stock()
    return make_field("Текст листівки", code="card")


@pytest.fixture
def packing(card_field):
    """A status of agreed orders that asks for the card's text."""
    return configure.add_status(
        stage=Stage.AGREED,
        values={
            "name": "З листівкою",
            "color": "red",
            "icon": "phone",
            "required": ["custom.card"],
        },
        **BY,
    )


@pytest.fixture
def browser(client_of, owner):
    client = client_of(owner)
    client.cookies["kram_language"] = "en"
    return client


def buy(phone: str = "0672000000") -> Order:
    order = place(("TEA", 1), buyer=BuyerInput(name="Олена", phone=phone)).order
    edit_order(order_id=order.pk, edit=OrderEdit(AGREED), **BY)
    return order


def write(order: Order, code: str, value: object) -> None:
    edit_order(order_id=order.pk, edit=OrderEdit({f"custom.{code}": value}), **BY)


def stands(order: Order) -> int:
    return Order.objects.values_list("status_id", flat=True).get(pk=order.pk)


def test_the_move_waits_for_the_field(packing):
    order = buy()
    with pytest.raises(MoveRefused) as refused:
        move_order(order_id=order.pk, status_id=packing.pk, **BY)
    assert refused.value.missing == ("custom.card",)
    assert stands(order) != packing.pk
    write(order, "card", "Вітаємо")
    move_order(order_id=order.pk, status_id=packing.pk, **BY)
    assert stands(order) == packing.pk


@pytest.mark.parametrize(("type", "value"), [("bool", False), ("number", 0)])
def test_no_and_nothing_are_answers(shop, type, value):
    stock()
    make_field("Подарунок", type, code=LONG)
    values = {"name": "Так чи ні", "color": "red", "icon": "phone", "required": [f"custom.{LONG}"]}
    status = configure.add_status(stage=Stage.NEW, values=values, **BY)
    order = buy()
    with pytest.raises(MoveRefused):
        move_order(order_id=order.pk, status_id=status.pk, **BY)
    write(order, LONG, value)
    assert move_order(order_id=order.pk, status_id=status.pk, **BY).status_id == status.pk
    write(order, LONG, None)
    assert configure.edit_status(status_id=status.pk, values={}, **BY).required == [
        f"custom.{LONG}"
    ]


def test_the_card_leads_to_the_field(packing, browser):
    configure.make_default_status(status_id=packing.pk, **BY)
    order = buy()
    page = browser.get(f"/shop/orders/{order.number}/").text
    (link,) = re.findall(r'<a class="k-lack"[^>]*custom[^>]*>([^<]*)</a>', page)
    assert link == "fill in “Текст листівки”"
    address = f"/shop/orders/{order.number}/blocks/custom/?edit=1&amp;focus=custom.card"
    assert address in page
    form = browser.get(address.replace("&amp;", "&")).text
    (control,) = re.findall(r"<[^>]*autofocus[^>]*>", form)
    assert 'name="custom.card"' in control
    step = browser.post(f"/shop/orders/{order.number}/step/", {"status": packing.pk})
    assert (step.status_code, step.json()["text"]) == (409, "Not yet: fill in “Текст листівки”.")
    assert "fill in “Текст листівки”" in browser.get(f"/shop/orders/{order.number}/steps/").text
    write(order, "card", "Вітаємо")
    assert "k-lack" not in browser.get(f"/shop/orders/{order.number}/").text
    ok = browser.post(f"/shop/orders/{order.number}/step/", {"status": packing.pk})
    assert (ok.status_code, stands(order)) == (200, packing.pk)


def test_many_orders_are_asked_at_once(packing, browser):
    orders = [buy(f"067200000{n}") for n in range(4)]
    write(orders[0], "card", "Вітаємо")

    def ask(chosen):
        data = {"do": "move", "status": packing.pk, "orders": [order.pk for order in chosen]}
        with CaptureQueriesContext(connection) as queries:
            return browser.post(f"{BULK}preview/", data).text, len(queries)

    ask(orders[:1])
    _text, once = ask(orders[1:2])
    text, often = ask(orders)
    assert often == once
    said = " ".join(re.sub(r"<[^>]+>", "", text).split())
    assert "3 · Not yet: fill in “Текст листівки”." in said
    assert "1 order will change" in said
    browser.post(
        BULK, {"do": "move", "status": packing.pk, "orders": [order.pk for order in orders]}
    )
    job = Job.objects.latest("id")
    run_job(job_id=job.pk)
    rows = JobRow.objects.filter(job=job, ok=False)
    told = list(rows.values_list("message", flat=True))  # in the language of who started it
    assert [text.count("“Текст листівки”") + text.count("«Текст листівки»") for text in told] == [
        1
    ] * 3
    assert [stands(order) == packing.pk for order in orders] == [True, False, False, False]


def test_the_api_names_the_field(packing):
    api = make_key()
    order = buy()
    move = {"status_id": str(packing.pk)}
    refused = api.post(f"orders/{order.pk}/moves", move)
    assert (refused.status_code, refused.json()["code"]) == (409, "move_not_ready")
    said = "заповніть «Текст листівки»"  # the company speaks Ukrainian
    assert refused.json()["missing"] == [{"code": "custom.card", "message": said}]
    assert stands(order) != packing.pk
    assert api.patch(f"orders/{order.pk}", {"custom": {"card": "Вітаємо"}}).status_code == 200
    assert api.post(f"orders/{order.pk}/moves", move).status_code == 200
    assert stands(order) == packing.pk


def test_nothing_asks_for_a_field_that_is_archived(packing, card_field):
    make_field("Інше", code="other")
    both = ["is_paid", "custom.other", "custom.card"]
    other = Status.objects.get(stage=Stage.SHIPPED)
    configure.edit_status(status_id=other.pk, values={"required": both}, **BY)
    order = buy()
    archive = {"definition_id": card_field.pk, **BY}
    archive_definition(archived=True, **archive)
    packing.refresh_from_db()
    other.refresh_from_db()
    assert (packing.required, other.required) == ([], ["is_paid", "custom.other"])
    entries = AuditEntry.objects.filter(action="status.edited", object_id=packing.pk)
    assert entries.get().changes == {"required": [["custom.card"], []]}
    archive_definition(archived=False, **archive)
    packing.refresh_from_db()
    assert packing.required == []
    assert move_order(order_id=order.pk, status_id=packing.pk, **BY).status_id == packing.pk


def test_the_form_offers_the_fields_in_use(packing, card_field, browser):
    make_field("Архівне", code="old")
    make_field("Про клієнта", kind="customer", code="person")
    archived = make_field("Зайве", code="gone")
    archive_definition(definition_id=archived.pk, archived=True, **BY)
    address = f"{SETTINGS}{packing.pk}/"
    form = browser.get(address).text
    offered = set(re.findall(r'value="(custom\.\w+)"', form))
    assert offered == {"custom.card", "custom.old"}
    assert "Текст листівки" in browser.get(SETTINGS).text
    saved = {"name": "З листівкою", "color": "red", "icon": "phone"}
    saved |= {"stamp": configure.status_stamp(packing), "required": ["custom.old", "has_manager"]}
    assert browser.post(address, saved).status_code == 200
    packing.refresh_from_db()
    assert packing.required == ["has_manager", "custom.old"]
    assert browser.post(address, {**saved, "required": ["custom.gone"]}).status_code == 422
    told = browser.get("/shop/settings/audit/?object=status").text
    assert "Архівне" in told
