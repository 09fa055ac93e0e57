"""The pages: what each shows to whom, and that its query count does not grow with the rows."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.actions.reserve import Want, reserve_lines
from inventory.actions.warehouses import create_warehouse
from inventory.factories import item_of, make_demand, make_variant
from inventory.models import Product, StockDocument, Variant, Warehouse
from inventory.selectors.catalogue import list_warehouses

from .conftest import ACTOR, NOW

HX = {"HX-Request": "true"}


@pytest.fixture
def tea(shop):
    return make_variant(
        "TEA", product="Чай «Карпатський»", on_hand=10, cost=Decimal("40"), barcodes=["4820001"]
    )


@pytest.fixture
def page(client_of, owner):
    """Fetch as the owner; `page.of(member)` as somebody else."""
    return Browser(client_of, owner)


class Browser:
    def __init__(self, client_of, member):
        self._client_of = client_of
        self.client = client_of(member)
        self.client.cookies["kram_language"] = "en"

    def of(self, member):
        return Browser(self._client_of, member)

    def get(self, path, status=200, **kwargs):
        response = self.client.get(f"/shop/{path}", **kwargs)
        assert response.status_code == status, response.content.decode()[:2000]
        return response.content.decode()

    def post(self, path, data, status=200, **kwargs):
        response = self.client.post(f"/shop/{path}", data, **kwargs)
        assert response.status_code == status, response.content.decode()[:2000]
        return response


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


# --- Editing -------------------------------------------------------------------------------------


def test_a_new_product_with_two_variants(page, shop):
    data = {
        "name": "Мед",
        "category": "Їжа",
        "rows": ["0", "3"],
        "v0-sku": "HONEY-1",
        "v0-price": "1 249,50",
        "v0-cost": "900",
        "v0-barcodes": "111, 222",
        "v0-is_active": "on",
        "v3-sku": "HONEY-3",
        "v3-name": "3 кг",
        "v3-price": "3000.00",
        "v3-is_active": "on",
    }
    response = page.post("products/new/", data, status=303)
    product = Product.objects.get()
    assert response["Location"] == f"/shop/products/{product.pk}/"
    variants = list(product.variants.order_by("id").values_list("sku", "price", "cost", "currency"))
    assert variants == [
        ("HONEY-1", Decimal("1249.50"), Decimal("900.00"), "UAH"),
        ("HONEY-3", Decimal("3000.00"), None, "UAH"),
    ]
    html = page.post("products/new/", data, status=422).content.decode()
    assert "The SKU HONEY-1 is taken by another variant." in html
    assert 'value="3 кг"' in html  # what was typed is kept
    assert Product.objects.count() == 1


def variant_data(variant, **typed):
    """The form of a variant as a browser sends it back."""
    prefix = f"v{variant.pk}"
    seen = {
        "sku": variant.sku,
        "name": variant.name,
        "price": str(variant.price),
        "cost": "" if variant.cost is None else str(variant.cost),
        "barcodes": ", ".join(variant.barcodes.values_list("code", flat=True)),
        "weight_g": "",
        "is_active": "True" if variant.is_active else "False",
    }
    data = {f"initial-{prefix}-{name}": value for name, value in seen.items()}
    data |= {f"{prefix}-{name}": value for name, value in (seen | typed).items()}
    return {name: value for name, value in data.items() if value != "False"}


def test_a_price_is_edited_in_its_row(page, tea):
    form = page.get(f"products/variants/{tea.pk}/edit/", headers=HX)
    assert f'name="initial-v{tea.pk}-price"' in form
    response = page.post(
        f"products/variants/{tea.pk}/edit/", variant_data(tea, price="120,5"), headers=HX
    )
    assert "120.50" in response.content.decode()
    tea.refresh_from_db()
    assert tea.price == Decimal("120.50")
    assert "Changes of prices" in page.get(f"products/{tea.product_id}/")


def test_a_colleagues_price_is_compared_not_overwritten(page, tea):
    mine = variant_data(tea, price="90")
    other_field = variant_data(tea, name="100 г")
    path = f"products/variants/{tea.pk}/edit/"
    page.post(path, variant_data(tea, price="120"), headers=HX)

    html = page.post(path, mine, status=409, headers=HX).content.decode()
    assert "A colleague has changed this meanwhile" in html
    assert "120.00" in html
    tea.refresh_from_db()
    assert tea.price == Decimal("120.00")
    # Another field of the same variant: both changes live.
    page.post(path, other_field, headers=HX)
    tea.refresh_from_db()
    assert (tea.name, tea.price) == ("100 г", Decimal("120.00"))
    # Having seen the comparison, the second editor may insist.
    again = mine | {f"initial-v{tea.pk}-price": "120.00", f"initial-v{tea.pk}-name": "100 г"}
    again[f"v{tea.pk}-name"] = "100 г"
    page.post(path, again, headers=HX)
    tea.refresh_from_db()
    assert tea.price == Decimal("90.00")


def test_a_cost_typed_by_one_who_may_not_see_costs_is_ignored(page, tea, warehouse_lead):
    lead = page.of(warehouse_lead)
    path = f"products/variants/{tea.pk}/edit/"
    lead.post(path, variant_data(tea, cost="1", price="101"), headers=HX)
    tea.refresh_from_db()
    assert (tea.price, tea.cost) == (Decimal("101.00"), Decimal("40.00"))


def test_off_sale_can_be_undone(page, tea):
    path = f"products/{tea.product_id}/sale/"
    response = page.post(f"{path}?on=0", {}, headers=HX)
    assert f"/shop/{path}?on=1" in response["HX-Trigger"]
    assert not Product.objects.get().is_active
    page.post(f"{path}?on=1", {}, headers=HX)
    assert Product.objects.get().is_active


def test_facts_of_a_product_are_edited(page, tea):
    path = f"products/{tea.product_id}/facts/"
    name = tea.product.name
    data = {"initial-name": name, "name": "Чай", "brand": "Карпати", "initial-brand": ""}
    data |= {"category": "", "initial-category": "", "description": "", "initial-description": ""}
    page.post(path, data, headers=HX)
    product = Product.objects.get()
    assert (product.name, product.brand) == ("Чай", "Карпати")
    page.post(path, data | {"name": "Кава"}, status=409, headers=HX)
    page.post(path, data | {"name": ""}, status=422, headers=HX)
    assert Product.objects.get().name == "Чай"


def test_a_variant_is_added_in_place(page, tea):
    path = f"products/{tea.product_id}/variants/"
    page.get(path, headers=HX)
    new = {"new-sku": "TEA-2", "new-price": "50", "new-is_active": "on"}
    html = page.post(path, new, headers=HX).content.decode()
    assert "TEA-2" in html
    assert Variant.objects.filter(sku="TEA-2", product=tea.product).exists()
    html = page.post(path, new, status=422, headers=HX).content.decode()
    assert "The SKU TEA-2 is taken" in html


# --- Papers --------------------------------------------------------------------------------------


def paper(place, *lines, token="t-1", comment=""):
    data = {"warehouse": place, "comment": comment, "token": token}
    data["rows"] = [str(row) for row in range(len(lines))]
    for row, line in enumerate(lines):
        data |= {f"l{row}-{name}": value for name, value in line.items()}
    return data


def test_a_receipt_is_written_once_and_can_be_undone(page, tea):
    place = list_warehouses()[0].pk
    data = paper(place, {"variant": tea.pk, "quantity": "5", "unit_cost": "70"})
    first = page.post("stock/receive/", data, status=303)
    again = page.post("stock/receive/", data, status=303)

    assert first["Location"] == again["Location"] == "/shop/stock/documents/receipt/2/"
    assert item_of(tea).on_hand == 15
    tea.refresh_from_db()
    assert tea.cost == Decimal("50.00")
    document = StockDocument.objects.get(kind="receipt", number=2)
    assert "70.00" in page.get("stock/documents/receipt/2/")

    undo = f"stock/documents/{document.pk}/undo/"
    done = page.post(undo, {}, status=303)
    page.post(undo, {}, status=303)
    assert done["Location"] == "/shop/stock/documents/correction/1/"
    assert item_of(tea).on_hand == 10
    tea.refresh_from_db()
    assert tea.cost == Decimal("40.00")
    assert "Undone by" in page.get("stock/documents/receipt/2/")


def test_a_wrong_line_keeps_what_was_typed(page, tea):
    cup = make_variant("CUP")
    place = list_warehouses()[0].pk
    lines = ({"variant": tea.pk, "quantity": "7"}, {"variant": cup.pk, "quantity": "0"})
    html = page.post("stock/receive/", paper(place, *lines), status=422).content.decode()
    assert 'value="7"' in html
    assert html.count("k-field__error") == 1
    assert item_of(tea).on_hand == 10
    html = page.post("stock/receive/", paper(place), status=422).content.decode()
    assert "Add at least one line." in html


def test_a_write_off_needs_a_reason_and_free_units(page, tea):
    reserve_lines(demand_id=make_demand(1043).pk, wants=[Want(1, tea.pk, 8)], actor=ACTOR, now=NOW)
    place = list_warehouses()[0].pk

    def off(quantity, status, comment="бій"):
        line = {"variant": tea.pk, "quantity": str(quantity)}
        data = paper(place, line, token=f"t{quantity}", comment=comment)
        return page.post("stock/write-off/", data, status=status).content.decode()

    off(2, 422, comment="")
    assert "Held: 8 of 10, for №1043 (8)." in off(3, 422)
    assert item_of(tea).on_hand == 10
    off(2, 303)
    assert item_of(tea).on_hand == 8


def test_a_count_of_many_lines(page, tea):
    cup = make_variant("CUP", on_hand=4)
    place = list_warehouses()[0].pk
    stale = paper(
        place,
        {"variant": tea.pk, "quantity": "9", "seen": "11"},
        {"variant": cup.pk, "quantity": "4", "seen": "4"},
    )
    html = page.post("stock/correct/", stale, status=422).content.decode()
    assert "there are 10 now" in html
    page.post("stock/correct/", stale | {"l0-seen": "10"}, status=303)
    assert (item_of(tea).on_hand, item_of(cup).on_hand) == (9, 4)
    assert StockDocument.objects.get(kind="correction").movements.count() == 1


def test_another_warehouse_shows_its_own_figures(page, tea):
    other = create_warehouse(name="Львів", code="lviv", actor=ACTOR, now=NOW)
    line = {"variant": tea.pk, "quantity": "9", "seen": "10"}
    data = paper(other.pk, line) | {"refresh": "1"}
    html = page.post("stock/correct/", data).content.decode()
    assert 'name="l0-seen" value="0"' in html
    assert not StockDocument.objects.filter(kind="correction").exists()


def test_one_item_is_corrected_on_its_page(page, tea):
    path = f"stock/items/{item_of(tea).pk}/count/"
    data = {"counted": "8", "seen": "10", "comment": "перелік", "token": "q1"}
    response = page.post(path, data, headers=HX)
    assert item_of(tea).on_hand == 8
    document = StockDocument.objects.get(kind="correction")
    assert f"/shop/stock/documents/{document.pk}/undo/" in response["HX-Trigger"]

    html = page.post(path, data | {"token": "q2"}, status=422, headers=HX).content.decode()
    assert "there are 8 now" in html
    undo = f"stock/documents/{document.pk}/undo/"
    page.post(undo, {}, status=204, headers={"X-Requested-With": "fetch"})
    assert item_of(tea).on_hand == 10


def test_a_cell_is_named_and_undone(page, tea):
    path = f"stock/items/{item_of(tea).pk}/cell/"
    page.post(path, {"cell": "A-1"}, headers=HX)
    response = page.post(path, {"cell": "B-2"}, headers=HX)
    assert item_of(tea).cell == "B-2"
    assert "cell=A-1" in response["HX-Trigger"]
    page.post(f"{path}?cell=A-1", {}, headers=HX)
    assert item_of(tea).cell == "A-1"


def test_lookup_marks_the_exact_match(page, tea):
    make_variant("TEA-2")
    place = list_warehouses()[0].pk
    html = page.get(f"stock/lookup/?q=TEA&warehouse={place}", headers=HX)
    assert html.index('data-sku="TEA"') < html.index('data-sku="TEA-2"')
    assert html.count("data-exact") == 1
    assert 'data-on-hand="10"' in html
    assert html.count("data-exact") == page.get("stock/lookup/?q=4820001").count("data-exact") == 1


# --- Warehouses ----------------------------------------------------------------------------------


def test_warehouses_are_opened_renamed_and_closed(page, shop):
    data = {"name": "Львів", "code": "lviv", "priority": "20"}
    response = page.post("settings/warehouses/new/", data, headers=HX)
    assert "Львів" in response.content.decode()
    assert response["HX-Retarget"] == "#warehouses"
    html = page.post("settings/warehouses/new/", data, status=422, headers=HX).content.decode()
    assert "code" in html
    second = Warehouse.objects.get(code="lviv")
    page.post(f"settings/warehouses/{second.pk}/", data | {"name": "Стрий"}, headers=HX)
    page.post(f"settings/warehouses/{second.pk}/open/?on=0", {}, headers=HX)
    second.refresh_from_db()
    assert (second.name, second.is_active) == ("Стрий", False)
    last = Warehouse.objects.get(is_active=True)
    response = page.post(f"settings/warehouses/{last.pk}/open/?on=0", {}, headers=HX)
    assert "error" in response["HX-Trigger"]
    last.refresh_from_db()
    assert last.is_active


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
