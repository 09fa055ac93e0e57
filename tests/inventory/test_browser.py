"""Goods and stock in a real browser: the scanner, editing in place, undo, axe on every page."""

import re
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from playwright.sync_api import expect

from crm.accounts.permissions import Role
from crm.tenancy.context import tenant_scope
from inventory.actions.reserve import Want, reserve_lines
from inventory.actions.stock import move_cell
from inventory.actions.warehouses import create_warehouse
from inventory.factories import item_of, make_demand, make_variant
from tests.fixtures.browser import find_faults, signed_page
from tests.fixtures.cast import found_company, hire

from .conftest import ACTOR, NOW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def store(live_server):
    """A shop with two warehouses, tea (one held) and a cup that somebody waits for."""
    tenant = found_company("shop", "Крамниця")
    with tenant_scope(tenant.pk), transaction.atomic():
        member = hire(tenant, Role.OWNER, name="Оксана Власник")
        create_warehouse(name="Львів", code="lviv", actor=ACTOR, now=NOW)
        fields = {"product": "Чай липовий", "category": "Їжа", "cost": Decimal("40")}
        tea = make_variant("TEA", on_hand=10, barcodes=["4820001"], **fields)
        cup = make_variant("CUP", product="Чашка")
        make_variant("GLASS", product="Чарка")
        wants = [Want(1, tea.pk, 1), Want(2, cup.pk, 2)]
        reserve_lines(demand_id=make_demand(1043).pk, wants=wants, actor=ACTOR, now=NOW)
        move_cell(stock_item_id=item_of(tea).pk, cell="A-1", actor=ACTOR, now=NOW)
        return {"tenant": tenant, "member": member, "tea": tea, "item": item_of(tea).pk}


@pytest.fixture
def page(browser, live_server, store):
    """A page signed in as the owner. An error in the console fails the test."""
    client = Client()
    client.force_login(store["member"].user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    with signed_page(browser, live_server.url, session, base="/shop/") as page:
        yield page


def on_hand(store):
    with tenant_scope(store["tenant"].pk), transaction.atomic():
        return item_of(store["tea"]).on_hand


def scan(page, code):
    """What a scanner does: the code at once, then Enter."""
    page.keyboard.insert_text(code)
    page.keyboard.press("Enter")


def test_a_receipt_is_entered_with_a_scanner(page, store):
    page.goto("stock/receive/")
    expect(page.locator("#scan")).to_be_focused()
    scan(page, "4820001")
    expect(page.locator("[data-line]")).to_have_count(1)
    scan(page, "4820001")
    expect(page.locator("[data-line-quantity]")).to_have_value("2")
    scan(page, "999999")
    expect(page.locator("[data-scan-state]")).to_have_text("Not in the catalogue: 999999")
    # By name, with the arrow keys.
    page.fill("#scan", "ча")
    expect(page.locator("#scan-list [role=option]")).to_have_count(3)
    page.press("#scan", "ArrowDown")
    page.press("#scan", "Enter")
    expect(page.locator("[data-line]")).to_have_count(2)
    expect(page.locator("[data-paper-units]")).to_have_text("3")
    # Enter in a line goes back to the scan field and sends nothing.
    page.locator("[data-line-quantity]").nth(0).fill("5")
    page.locator("[data-line-quantity]").nth(0).press("Enter")
    expect(page.locator("#scan")).to_be_focused()
    page.press("#scan", "Control+Enter")
    page.wait_for_url("**/stock/documents/receipt/2/")
    assert on_hand(store) == 15
    # The toast undoes the whole document.
    page.click(".k-toast__undo")
    expect(page.locator(".k-toast__text").last).to_contain_text("Undone")
    assert on_hand(store) == 10


def test_a_count_shows_its_difference_before_it_is_written(page, store):
    page.goto(f"stock/correct/?item={store['item']}")
    quantity = page.locator("[data-line-quantity]")
    quantity.fill("8")
    expect(page.locator("[data-line-difference]")).to_have_text("-2")
    page.select_option("[name=warehouse]", label="Львів")
    expect(page.locator("[data-line-here]")).to_have_text("0")
    expect(page.locator("[data-line-difference]")).to_have_text("+8")
    page.select_option("[name=warehouse]", index=0)
    expect(page.locator("[data-line-difference]")).to_have_text("-2")
    page.click("main button[type=submit]")
    page.wait_for_url("**/stock/documents/correction/1/")
    assert on_hand(store) == 8


def test_one_item_is_corrected_in_the_panel_over_the_table(page, store):
    page.goto("stock/")
    page.click("text=Чай липовий")
    expect(page.locator("#panel .k-proof__line")).to_contain_text("held by №1043")
    page.fill("#panel [name=counted]", "0")
    page.press("#panel [name=counted]", "Enter")
    expect(page.locator("#panel .k-field__error")).to_contain_text("Held: 1 of 10, for №1043 (1).")
    page.fill("#panel [name=counted]", "7")
    page.press("#panel [name=counted]", "Enter")
    expect(page.locator("#panel .k-proof__sum")).to_have_text("6 available")
    assert on_hand(store) == 7
    page.click(".k-toast__undo")
    expect(page.locator(".k-toast__text").last).to_contain_text("Undone")
    assert on_hand(store) == 10


def test_a_variant_is_edited_and_added_in_its_table(page, store):
    page.goto(f"products/{store['tea'].product_id}/")
    row = f"#variant-{store['tea'].pk}"
    page.click(f"{row} button")
    price = page.locator(f"[name=v{store['tea'].pk}-price]")
    price.fill("1 120,5")
    price.press("Enter")
    expect(page.locator(row)).to_contain_text("1,120.50")
    page.click("text=Add a variant")
    page.fill("[name=new-sku]", "TEA")
    page.fill("[name=new-price]", "9")
    page.press("[name=new-price]", "Enter")
    expect(page.locator("#variants-new .k-field__error")).to_contain_text("is taken")
    page.fill("[name=new-sku]", "TEA-2")
    page.press("[name=new-sku]", "Enter")
    expect(page.locator("#variants-new")).to_contain_text("TEA-2")


def test_a_product_is_made_with_rows_added(page, store):
    page.goto("products/new/")
    expect(page.locator("[name=name]")).to_be_focused()
    page.fill("[name=name]", "Мед")
    page.fill("[name=v0-sku]", "HONEY")
    page.fill("[name=v0-price]", "200")
    page.click("[data-rows-add]")
    expect(page.locator("[name=v1-sku]")).to_be_focused()
    page.fill("[name=v1-sku]", "HONEY")
    page.fill("[name=v1-price]", "300")
    page.click("main button[type=submit]")
    error = page.locator("[data-rows-row]").nth(1).locator(".k-field__error")
    expect(error).to_contain_text("HONEY is taken")
    page.click("[data-rows-row]:nth-child(2) [data-rows-remove]")
    page.click("main button[type=submit]")
    page.wait_for_url("**/products/*/")
    expect(page.locator("h1")).to_have_text("Мед")


def test_the_table_is_searched_as_one_types_and_keeps_its_chips(page, store):
    page.goto("products/")
    page.fill("#products-q", "липов")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q="))
    page.click("text=Out of stock")
    expect(page.locator("main")).to_contain_text("Nothing fits")
    expect(page).to_have_url(re.compile(r"q=.*stock=out|stock=out.*q="))


PAGES = [
    "products/",
    "products/{product}/",
    "products/new/",
    "stock/",
    "stock/?state=waiting",
    "stock/items/{item}/",
    "stock/documents/",
    "stock/documents/receipt/1/",
    "stock/receive/",
    "stock/correct/?item={item}",
    "settings/warehouses/",
]


@pytest.mark.slow
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1024, ""), (390, "dark")])
def test_axe_finds_nothing_and_nothing_overflows(page, store, live_server, width, theme):
    page.context.add_cookies([{"name": "kram_theme", "value": theme, "url": live_server.url}])
    page.set_viewport_size({"width": width, "height": 844})
    found = []
    for path in PAGES:
        page.goto(path.format(item=store["item"], product=store["tea"].product_id))
        found += [(path, *fault) for fault in (find_faults(page) if theme else ())]
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            found.append((path, "overflow", "", ""))
    assert found == []
