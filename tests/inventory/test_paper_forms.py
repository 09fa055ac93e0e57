"""Receipts, write-offs and counts, one item's correction, and the warehouses they are in."""

from decimal import Decimal

from inventory.actions.reserve import Want, reserve_lines
from inventory.actions.warehouses import create_warehouse
from inventory.factories import item_of, make_demand, make_variant
from inventory.models import StockDocument, Warehouse
from inventory.selectors.catalogue import list_warehouses

from .conftest import ACTOR, NOW

HX = {"HX-Request": "true"}


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
