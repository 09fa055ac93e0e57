"""The table's page: what it shows to whom, its filters in the address, and its cost."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.tenancy.context import tenant_scope
from crm.views.models import ListChoice
from orders.actions.notes import set_tags
from orders.models import Order, Status
from orders.pipeline import Stage
from orders.selectors import lists
from orders.web.views_bar import PLACE
from tests.orders.conftest import SYSTEM
from tests.orders.lists import in_stage, put, stock

TABLE = "/shop/orders/"
HX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _goods(shop):
    stock()


@pytest.fixture
def browser(client_of, manager):
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    return client


def rows(response):
    """Numbers of the orders in the table, as they stand."""
    assert response.status_code == 200
    return [
        int(n) for n in re.findall(r'href="/shop/orders/(\d+)/" data-panel', str(response.text))
    ]


def get(browser, query="", **headers):
    return browser.get(f"{TABLE}?{query}", headers=headers)


# --- What is shown -------------------------------------------------------------------------------


def test_a_row_shows_what_a_manager_looks_for(browser, manager):
    order = put(10, phone="+380671112233", manager_id=manager.pk, delivery_city="Полтава")
    set_tags(order_id=order.pk, names=["VIP"], actor=SYSTEM, now=timezone.now())

    text = get(browser).text

    for shown in (
        "Олена Петренко",
        'href="tel:+380671112233"',
        "Чай",
        "Полтава",
        "VIP",
        "Марія Менеджер",
        "₴100.00",
        f'id="order-{order.pk}"',
    ):
        assert shown in text


def test_tags_stand_beneath_the_name_or_in_a_column_of_their_own(browser, manager):
    order = put(10, delivery_city="Полтава")
    set_tags(order_id=order.pk, names=["VIP", "Подарунок"], actor=SYSTEM, now=timezone.now())
    cell = re.compile(r'<td class="k-cut o-customer.*?</td>', re.DOTALL)

    def beneath(*columns):
        ListChoice.objects.update_or_create(
            member=manager, place=PLACE, defaults={"columns": list(columns)}
        )
        [found] = cell.findall(get(browser).text)
        return ("Полтава" in found, "VIP" in found)

    assert beneath() == (True, True)
    assert beneath("customer", "flags", "tags") == (False, False)
    assert beneath("customer", "flags", "delivery") == (True, True)
    assert beneath("customer", "status") == (False, False)


def test_large_sums_and_long_numbers_get_room(browser):
    order = put(10)
    assert "o-big" not in get(browser).text
    Order.objects.filter(pk=order.pk).update(total=Decimal(1_000_000))
    text = get(browser).text
    assert "o-big" in text
    assert "o-long" not in text
    Order.objects.filter(pk=order.pk).update(prefix="KRAM-")
    assert "o-long" in get(browser).text


def test_a_company_without_orders_is_told_how_to_get_one(browser, client_of, owner):
    text = get(browser).text
    assert "No orders yet" in text
    assert "/shop/orders/sample/" in text
    assert "/shop/orders/new/" in text
    assert "/shop/settings/connections/" not in text  # a manager may not connect

    boss = client_of(owner)
    assert "/shop/settings/connections/" in boss.get(TABLE).text


def test_filters_that_find_nothing_offer_to_clear_them(browser):
    put()
    response = get(browser, "tag=none&late=1&stage=new&sort=ship")
    assert rows(response) == []
    assert "No order fits" in response.text
    assert 'href="?sort=ship" data-clear' in response.text


def test_the_address_filters_sorts_and_searches(browser, manager):
    put(30, manager_id=manager.pk, ship_date=timezone.localdate())
    put(20, **in_stage(Stage.AGREED), ship_date=timezone.localdate() + timedelta(days=1))
    put(10, has_problems=True, status_since=timezone.now())
    agreed = Status.objects.get(stage=Stage.AGREED).pk

    for query, expected in {
        "": [3, 2, 1],
        "sort=placed": [1, 2, 3],
        "sort=ship": [1, 2],
        "sort=nonsense": [3, 2, 1],
        "stage=agreed": [2],
        "stage=nonsense": [3, 2, 1],
        f"status={agreed}": [2],
        "status=0&status=x": [3, 2, 1],
        "manager=me": [1],
        "manager=nobody": [3, 2],
        "manager=me&manager=nobody": [3, 2, 1],
        "trouble=problems": [3],
        "ship=today": [1],
        "ship=tomorrow": [2],
        "ship=none": [3],
        "ship_from=not-a-day": [3, 2, 1],
        "payment=unpaid&manager=me": [1],
        "placed_till=2026-03-01": [],
        "placed_from=2026-03-02&placed_till=2026-03-02": [3, 2, 1],
        "q=2": [2],
        "q=0672000001": [2],
    }.items():
        assert rows(get(browser, query)) == expected, query


def test_chips_take_one_filter_away_and_go_back_to_the_first_page(browser):
    put()
    text = get(browser, "payment=unpaid&delivery=pickup&after=1_1").text
    assert 'href="?delivery=pickup" aria-label="Remove the filter Payment"' in text
    assert 'href="?payment=unpaid" aria-label="Remove the filter Delivery"' in text


def test_a_quick_filter_is_not_told_twice(browser):
    put()
    text = get(browser, "late=1").text
    assert "Remove the filter" not in text
    assert 'href="?" aria-pressed="true"' in text


def test_tabs_count_the_open_stages(browser):
    put(20)
    put(10, **in_stage(Stage.PACKED))
    tabs = re.findall(r"</span>(\w+)<span class=\"k-chip__count\">(\d+)</span>", get(browser).text)
    assert tabs == [
        ("New", "1"),
        ("Agreed", "0"),
        ("Picking", "0"),
        ("Packed", "1"),
        ("Shipped", "0"),
    ]


def test_pages_follow_by_the_links_of_the_pager(browser, monkeypatch):
    monkeypatch.setattr(
        lists.list_orders, "__kwdefaults__", {**lists.list_orders.__kwdefaults__, "size": 2}
    )
    for ago in (30, 20, 10):
        put(ago)
    first = get(browser)
    assert rows(first) == [3, 2]
    assert "3 orders" in first.text
    older = re.search(r'href="\?(after=[^"]+)"', first.text)[1]
    second = get(browser, older)
    assert rows(second) == [1]
    newer = re.search(r'href="\?(before=[^"]+)"', second.text)[1]
    assert rows(get(browser, newer)) == [3, 2]


def test_htmx_gets_the_part_that_refreshes_itself(browser):
    put()
    text = get(browser, "stage=new", **HX).text
    assert text.lstrip().startswith('<div id="orders-screen" data-live="orders"')
    assert 'data-live-url="/shop/orders/?stage=new"' in text
    assert "<html" not in text


# --- Who and at what cost ------------------------------------------------------------------------


def test_who_may_not_see_orders_is_refused(client_of, picker, analyst):
    put()
    assert client_of(picker).get(TABLE).status_code == 403
    seen = client_of(analyst).get(TABLE)
    assert rows(seen) == [1]
    # Who may only look and export is offered nothing else.
    assert "/orders/bulk/export/" in seen.text
    for offered in (
        "step-menu/",
        "/steps/",
        "/managers/",
        "bulk-status",
        "bulk-manager",
        "bulk-tag",
        "bulk-field",
        "/sample/",
    ):
        assert offered not in seen.text


def test_the_neighbour_sees_nothing_of_it(client_of, neighbour, neighbour_owner):
    put(name="Таємна Особа")
    client = client_of(neighbour_owner)
    assert client.get(TABLE).status_code == 404
    assert "Таємна" not in client.get("/neighbour/orders/").text
    with tenant_scope(neighbour.pk):
        assert not Order.objects.exists()


def test_the_page_costs_the_same_however_many_orders(browser):
    def cost(query):
        get(browser, query)  # the first page of a session writes things down
        with CaptureQueriesContext(connection) as queries:
            found = rows(get(browser, query))
        return len(found), len(queries)

    for ago in range(3):
        put(ago)
    few = {query: cost(query) for query in ("", "stage=new&late=1&q=06720")}
    for ago in range(3, 20):
        put(ago)

    for query, (count, queries) in few.items():
        many, same = cost(query)
        assert many > count
        assert same == queries <= 30


# --- A customer's orders -------------------------------------------------------------------------


def test_a_customers_orders_are_shown_page_by_page(browser):
    first = put(60, phone="+380671112233")
    put(50)
    for ago in range(22):
        put(ago, phone="+380671112233")
    url = f"/shop/orders/of-customer/{first.customer_id}/"

    page = browser.get(url)
    assert len(rows(page)) == 20
    assert 2 not in rows(page)
    more = re.search(rf'hx-get="{url}\?(after=[^"]+)"', page.text)[1]
    assert rows(browser.get(f"{url}?{more}"))[-1] == 1
    assert "No orders yet" in browser.get("/shop/orders/of-customer/999999/").text
