"""The pages: what each shows to whom, and that its query count does not grow with the rows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.actions.reserve import Want, reserve_lines
from inventory.actions.warehouses import create_warehouse
from inventory.factories import item_of, make_demand, make_variant
from inventory.models import Product

from .conftest import ACTOR, NOW

HX = {"HX-Request": "true"}


PAGES = [
    "products/",
    "products/new/",
    "stock/",
    "stock/documents/",
    "stock/receive/",
    "stock/correct/",
    "stock/write-off/",
    "settings/warehouses/",
]


@pytest.mark.parametrize("path", PAGES)
def test_pages_of_an_empty_company_say_what_to_do(page, path):
    assert "<h1>" in page.get(path)


@pytest.mark.parametrize("path", ["products/", "stock/", "stock/documents/"])
def test_tables_ask_as_much_of_many_rows_as_of_few(page, shop, path):
    create_warehouse(name="Львів", code="lviv", actor=ACTOR, now=NOW)
    for number in range(3):
        make_variant(f"A{number}", on_hand=number + 1)
    page.get(path)
    with CaptureQueriesContext(connection) as few:
        page.get(path)
    for number in range(12):
        make_variant(f"B{number}", on_hand=number + 1)
    with CaptureQueriesContext(connection) as many:
        assert "B11" in page.get(path) or path == "stock/documents/"
    assert len(many) == len(few)
    assert len(few) <= 16


def test_the_table_of_products_filters_by_its_address(page, tea):
    make_variant("CUP", product="Чашка", category="Посуд")
    make_variant("OLD", product="Старе", on_hand=1)
    Product.objects.filter(name="Старе").update(is_active=False)

    def names(query):
        html = page.get(f"products/{query}")
        return [name for name in ("Карпатський", "Чашка", "Старе") if name in html]

    assert names("") == ["Карпатський", "Чашка"]
    assert names("?sale=off") == ["Старе"]
    assert names("?stock=in") == ["Карпатський"]
    assert names("?stock=out") == ["Чашка"]
    assert names("?category=Посуд") == ["Чашка"]
    assert names("?q=карпат") == ["Карпатський"]
    assert names("?q=4820001") == ["Карпатський"]
    assert names("?q=нема") == []


def test_a_long_table_is_read_page_by_page_and_back(page, shop):
    for number in range(120):
        make_variant(f"N-{number:03}", product=f"Товар {number:03}")

    def skus(html):
        return [f"N-{n:03}" for n in range(120) if f">N-{n:03}<" in html]

    def link(html, rel):
        start = html.index("?", html.rindex("<a ", 0, html.index(f'rel="{rel}"')))
        return html[start : html.index('"', start)].replace("&amp;", "&")

    first = page.get("stock/")
    second = page.get("stock/" + link(first, "next"))
    third = page.get("stock/" + link(second, "next"))
    back = page.get("stock/" + link(third, "prev"))
    assert [len(skus(html)) for html in (first, second, third)] == [50, 50, 20]
    assert skus(first) + skus(second) + skus(third) == [f"N-{n:03}" for n in range(120)]
    assert skus(back) == skus(second)
    assert 'rel="next"' not in third
    assert 'rel="prev"' not in first


def test_costs_are_seen_by_those_who_may(page, tea, manager, analyst):
    product = f"products/{tea.product_id}/"
    for path in ("products/", product):
        assert "40.00" in page.get(path)
        assert "40.00" in page.of(analyst).get(path)
        assert "40.00" not in page.of(manager).get(path)


def test_the_page_of_an_item_proves_its_books(page, tea, picker):
    reserve_lines(demand_id=make_demand(1043).pk, wants=[Want(1, tea.pk, 3)], actor=ACTOR, now=NOW)
    html = page.get(f"stock/items/{item_of(tea).pk}/")
    assert "The books agree" in html
    assert "held by №1043" in html
    assert "№1043 · 3" in html
    # A picker sees it, but corrects nothing.
    html = page.of(picker).get(f"stock/items/{item_of(tea).pk}/")
    assert "held by №1043" in html
    assert 'name="counted"' not in html


def test_broken_books_are_told_loudly(page, tea):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_stockitem SET on_hand = 12")
    html = page.get(f"stock/items/{item_of(tea).pk}/")
    assert "The books do not agree" in html
    assert "On hand is 12, but the movements add up to 10." in html


def test_panels_are_parts_of_a_page(page, tea):
    for path in (
        f"products/{tea.product_id}/",
        f"stock/items/{item_of(tea).pk}/",
        "stock/documents/receipt/1/",
    ):
        html = page.get(f"{path}?panel=1")
        assert "data-panel-title" in html
        assert "<html" not in html


# --- Who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("manager", "products/", 200),
        ("manager", "stock/", 200),
        ("manager", "products/new/", 403),
        ("manager", "stock/receive/", 403),
        ("manager", "settings/warehouses/", 403),
        ("picker", "stock/", 200),
        ("picker", "stock/correct/", 403),
        ("warehouse_lead", "stock/receive/", 200),
        ("warehouse_lead", "stock/correct/", 200),
        ("warehouse_lead", "products/new/", 200),
        ("warehouse_lead", "settings/warehouses/", 403),
        ("analyst", "stock/write-off/", 403),
    ],
)
def test_roles(page, request, role, path, status):
    page.of(request.getfixturevalue(role)).get(path, status=status)


def test_the_neighbour_sees_nothing(client_of, tea, neighbour_owner):
    client = client_of(neighbour_owner)
    item = item_of(tea).pk
    for path in (f"products/{tea.product_id}/", f"stock/items/{item}/", "stock/"):
        assert client.get(f"/shop/{path}").status_code == 404
    assert client.get(f"/neighbour/stock/items/{item}/").status_code == 404
    assert client.get("/neighbour/stock/").status_code == 200


def test_palette_finds_goods(page, tea):
    assert "Чай «Карпатський»" in page.get("palette/?q=карпат")
    assert "TEA" in page.get("palette/?q=4820001")
