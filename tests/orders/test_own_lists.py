"""Fields of the company's own in the lists: columns, filters, views, and changed by the hundred."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.fields.actions import archive_definition
from crm.jobs.models import Job
from crm.jobs.run import run_job
from crm.jobs.undo import start_undo
from crm.views.models import ListChoice, SavedView
from orders.actions.edit import edit_order
from orders.bulk.snapshot import take_snapshots
from orders.edits import OrderEdit
from orders.inputs import BuyerInput
from tests.fields.conftest import make_field
from tests.orders.conftest import SYSTEM, bring_to_shipped, place
from tests.orders.lists import NOW, stock

TABLE = "/shop/orders/"
BULK = "/shop/orders/bulk/"


@pytest.fixture(autouse=True)
def _goods(shop):
    stock()


@pytest.fixture
def fields(shop):
    return {
        "wrap": make_field("Пакування", "choice", code="wrap", options=["Папір", "Коробка"]),
        "tastes": make_field("Смаки", "choices", code="tastes", options=["Лимон", "Імбир"]),
        "card": make_field("Листівка", "text", code="card"),
        "weight": make_field("Вага", "number", code="weight"),
        "day": make_field("Свято", "date", code="day"),
        "gift": make_field("Подарунок", "bool", code="gift"),
        "site": make_field("Макет", "link", code="site"),
    }


@pytest.fixture
def orders(fields):
    """Two with values, one without."""
    first = {
        "wrap": "papir",
        "tastes": ["lymon"],
        "card": "<b>Вітаємо</b>",
        "weight": 1.5,
        "day": "2026-03-08",
        "gift": True,
        "site": "https://example.com/a?b=<1>",
    }
    second = {"wrap": "korobka", "tastes": ["lymon", "imbyr"], "weight": 20, "gift": False}
    buyers = [BuyerInput(name="Олена", phone=f"+38067200000{n}") for n in range(3)]
    return [
        place(("TEA", 1), custom=custom, buyer=buyer).order
        for custom, buyer in zip((first, second, {}), buyers, strict=True)
    ]


@pytest.fixture
def browser(client_of, manager):
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    return client


def found(browser, query):
    response = browser.get(f"{TABLE}?{query}")
    assert response.status_code == 200
    return {int(n) for n in re.findall(r'href="/shop/orders/(\d+)/" data-panel', response.text)}


def choose_columns(member, *columns):
    ListChoice.objects.update_or_create(
        member=member, place="orders", defaults={"columns": list(columns)}
    )


def test_a_field_is_a_column_where_it_is_chosen(orders, browser, manager):
    assert "Вітаємо" not in browser.get(TABLE).text
    chosen = ["placed", "custom.wrap", "custom.card", "custom.weight", "custom.site"]
    assert browser.post(f"{TABLE}views/layout/", {"columns": chosen}).status_code == 204
    page = browser.get(TABLE).text
    for shown in ("Пакування", "Папір", "&lt;b&gt;Вітаємо&lt;/b&gt;", ">1.5<", ">20<"):
        assert shown in page
    assert 'href="https://example.com/a?b=&lt;1&gt;"' in page
    assert "<b>Вітаємо" not in page


def test_the_longest_code_is_a_column_too(orders, browser, manager):
    code = "c" * 40
    make_field("Довгий код", "text", code=code)
    chosen = {"columns": ["placed", f"custom.{code}"]}
    assert browser.post(f"{TABLE}views/layout/", chosen).status_code == 204
    assert ListChoice.objects.get(member=manager).columns[-1] == f"custom.{code}"
    assert "Довгий код" in re.findall("<thead>.*</thead>", browser.get(TABLE).text, re.DOTALL)[0]
    kept = {"name": "Довгі", "sharing": "private", "columns": f"custom.{code}"}
    browser.post(f"{TABLE}views/new/", {**kept, "query": ""})
    assert SavedView.objects.get().columns == ["number", "placed", f"custom.{code}"]


def test_an_archived_field_is_no_column_and_no_filter(orders, browser, manager, fields):
    choose_columns(manager, "placed", "custom.card")
    assert "Листівка" in browser.get(TABLE).text
    assert len(found(browser, "custom.card=zzz")) == 0
    archive_definition(definition_id=fields["card"].pk, archived=True, actor=SYSTEM, now=NOW)
    assert "Листівка" not in browser.get(TABLE).text
    assert len(found(browser, "custom.card=zzz")) == 3


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("custom.wrap=papir", [0]),
        ("custom.wrap=papir&custom.wrap=korobka", [0, 1]),
        ("custom.tastes=imbyr", [1]),
        ("custom.card=<b>віт", [0]),
        ("custom.weight.from=1,5&custom.weight.till=2", [0]),
        ("custom.weight.from=2", [1]),
        ("custom.day.till=2026-03-08", [0]),
        ("custom.gift=true", [0]),
        ("custom.gift=false", [1]),
        ("custom.wrap=papir&custom.gift=false", []),
        # What an address can't mean is passed over.
        ("custom.wrap=gold", [0, 1, 2]),
        ("custom.nothing=1", [0, 1, 2]),
        ("custom.weight.from=x", [0, 1, 2]),
    ],
)
def test_filters_find_the_ones_and_leave_the_others(orders, browser, query, places):
    query = query.replace("<", "%3C").replace(">", "%3E")
    assert found(browser, query) == {orders[place].number for place in places}


def test_a_filter_is_a_chip_that_goes_away(orders, browser):
    page = browser.get(f"{TABLE}?custom.weight.from=2&custom.gift=false")
    chips = {chip.label: (chip.value, chip.remove_url) for chip in page.context["chips"]}
    assert chips["Вага"] == ("from 2", "?custom.gift=false")
    assert chips["Подарунок"] == ("No", "?custom.weight.from=2")
    assert page.context["clear_url"] == "?"
    assert 'value="2"' in page.text


def test_a_view_keeps_filters_and_columns(orders, browser, manager, fields):
    choose_columns(manager, "placed", "custom.weight")
    form = {"name": "Важкі", "query": "custom.weight.from=2&page=9"}
    assert browser.post(f"{TABLE}views/new/", form).status_code in {200, 204, 303}
    view = SavedView.objects.get()
    assert view.query == "custom.weight.from=2"
    assert view.columns == ["number", "placed", "custom.weight"]
    assert found(browser, f"view={view.pk}&{view.query}") == {orders[1].number}
    archive_definition(definition_id=fields["weight"].pk, archived=True, actor=SYSTEM, now=NOW)
    page = browser.get(f"{TABLE}?view={view.pk}&{view.query}")
    assert page.context["bar"].gone == ["field"]
    assert len(found(browser, f"view={view.pk}&{view.query}")) == 3


def test_the_number_of_statements_does_not_grow(orders, browser, manager):
    choose_columns(manager, "custom.wrap", "custom.tastes", "custom.weight")

    def cost(query):
        browser.get(f"{TABLE}?{query}")
        with CaptureQueriesContext(connection) as queries:
            count = len(found(browser, query))
        return count, len(queries)

    query = "custom.wrap=papir&custom.weight.from=1"
    few, queries = cost(query)
    for _n in range(9):
        place(("TEA", 1), custom={"wrap": "papir", "weight": 3})
    assert cost(query) == (few + 9, queries)


def change(browser, orders, **value):
    """Preview, start and run a change of a field; the job."""
    form = {"do": "field", "orders": [order.pk for order in orders], **value}
    preview = browser.post(f"{BULK}preview/", form)
    assert preview.status_code == 200
    asked: dict = {}
    for name, text in preview.context["asked"]:
        asked.setdefault(name, []).append(text)
    assert browser.post(BULK, asked).status_code == 200
    job = Job.objects.latest("id")
    run_job(job_id=job.pk)
    job.refresh_from_db()
    return preview, job


def values(orders):
    for order in orders:
        order.refresh_from_db()
    return [order.custom for order in orders]


@pytest.mark.parametrize(
    ("typed", "code", "kept", "told"),
    [
        ({"value_custom.wrap": "papir"}, "wrap", "papir", "Пакування: Папір"),
        ({"value_custom.wrap": ""}, "wrap", None, "Пакування: —"),
        ({"value_custom.tastes": ["imbyr", "lymon"]}, "tastes", ["lymon", "imbyr"], "Смаки"),
        ({"value_custom.weight": "2,25"}, "weight", 2.25, "Вага: 2.25"),
        ({"value_custom.gift": "false"}, "gift", False, "Подарунок: No"),
        ({"value_custom.day": "2026-05-01"}, "day", "2026-05-01", "Свято"),
    ],
)
def test_a_field_is_changed_by_the_hundred_and_taken_back(
    orders, browser, manager, typed, code, kept, told
):
    bring_to_shipped(orders[2])  # no hindrance
    before, whole = values(orders), take_snapshots([order.pk for order in orders])
    preview, job = change(browser, orders, field=f"custom.{code}", **typed)
    assert told in preview.context["about"]
    same = sum(1 for custom in before if custom.get(code) == kept)
    assert preview.context["preview"].same == same
    assert (job.failed, [custom.get(code) for custom in values(orders)]) == (0, [kept] * 3)
    later = start_undo(job_id=job.pk, member=manager, now=timezone.now())
    run_job(job_id=later.pk)
    assert values(orders) == before
    now = take_snapshots([order.pk for order in orders])
    assert {pk: s.print for pk, s in now.items()} == {pk: s.print for pk, s in whole.items()}
    assert found(browser, "custom.wrap=papir") == {orders[0].number}


def test_who_changed_it_since_keeps_their_value(orders, browser, manager):
    _preview, job = change(
        browser, orders, field="custom.card", **{"value_custom.card": "Усім однакова"}
    )
    edit = OrderEdit({"custom.card": "Своя"})
    edit_order(order_id=orders[0].pk, edit=edit, actor=SYSTEM, now=timezone.now())
    later = start_undo(job_id=job.pk, member=manager, now=timezone.now())
    run_job(job_id=later.pk)
    later.refresh_from_db()
    assert (later.done, later.failed) == (2, 1)
    assert [custom.get("card") for custom in values(orders)] == ["Своя", None, None]


def test_what_can_not_be_read_is_said_and_nothing_starts(orders, browser):
    form = {"do": "field", "orders": [orders[0].pk], "field": "custom.weight"}
    wrong = browser.post(f"{BULK}preview/", {**form, "value_custom.weight": "важко"})
    assert wrong.status_code == 204
    assert "Write a number" in wrong.headers["HX-Trigger"].encode().decode("unicode_escape")
    assert browser.post(BULK, {**form, "value_custom.weight": "важко"}).status_code == 204
    assert not Job.objects.exists()
    assert browser.post(f"{BULK}preview/", {**form, "field": "custom.none"}).status_code == 404


def test_an_order_paper_says_what_is_filled(orders, browser):
    page = browser.get(f"{TABLE}print/?ids={orders[1].pk}").text
    assert "<b>Пакування:</b> Коробка" in page
    assert "<b>Подарунок:</b> No" in page
    assert "Листівка" not in page
    assert "Пакування" not in browser.get(f"{TABLE}print/?ids={orders[1].pk}&paper=picking").text
