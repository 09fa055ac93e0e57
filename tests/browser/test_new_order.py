"""A new order with the keyboard alone, and on a phone."""

import re
from decimal import Decimal

from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.accounts.permissions import Role
from crm.fields.actions import create_definition
from customers.models import ContactPoint
from orders.inputs import BuyerInput, DeliveryInput
from orders.models import Order
from tests.browser.conftest import PHONE, Open
from tests.browser.world import SYSTEM, World


def newest(world: World) -> Order:
    return world.read(lambda: Order.objects.select_related("customer").latest("number"))


def lines(world: World, order: Order) -> list[tuple[str, int, Decimal, Decimal]]:
    return world.read(
        lambda: [
            (row.sku, row.quantity, row.price, row.discount)
            for row in order.lines.order_by("position")
        ]
    )


def scan(page: Page, code: str) -> None:
    """A scanner: fast keys and Enter, wherever the cursor is in the goods field."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def test_known_customer_goods_and_save_without_a_mouse(open_page: Open, world: World) -> None:
    world.place(
        ("TEA-1", 1),
        buyer=BuyerInput(name="Олена Коваленко", phone="+380671234567"),
        delivery=DeliveryInput(method="np_branch", city="Львів", branch="Відділення №12"),
        payment_method="cod",
    )
    page = open_page(Role.MANAGER, "orders/new/")
    # Any spelling of the phone finds the customer; their last address comes along.
    expect(page.get_by_label("Customer’s phone")).to_be_focused()
    page.keyboard.type("067 123-45")
    expect(page.get_by_role("option", name="Олена Коваленко")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-known-name]")).to_have_text("Олена Коваленко")
    expect(page.get_by_label("City")).to_have_value("Львів")

    find = page.locator("#e-find")
    expect(find).to_be_focused()
    scan(page, "482CUP-1")
    row = page.locator("[data-line]")
    expect(row).to_have_count(1)
    expect(find).to_be_focused()
    # The same again adds one; a name finds too; a Ukrainian layout does not stop the scanner.
    scan(page, "482CUP-1")
    expect(row.first.locator("[name=line_quantity]")).to_have_value("2")
    scan(page, "ЕУФ-1")
    expect(row).to_have_count(2)
    page.keyboard.type("теракот")
    expect(page.locator("#e-goods-list [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(row).to_have_count(3)
    row.nth(2).locator("[name=line_quantity]").focus()
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("10%")
    # The server counts: 2 x 310 + 120.50 + 2 x 890 - 10 %, one pot is not there.
    expect(page.locator("[data-total]")).to_have_text("₴2,342.50")
    expect(row.nth(2).locator("[data-line-short]")).to_be_visible()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/orders/2/")

    order = newest(world)
    assert order.customer.name == "Олена Коваленко"
    assert (order.total, order.delivery_city, order.payment_method) == (
        Decimal("2342.50"),
        "Львів",
        "cod",
    )
    assert order.channel_id == world.read(lambda: order.channel.pk)
    assert world.read(lambda: order.channel.code) == "phone"
    assert lines(world, order) == [
        ("CUP-1", 2, Decimal(310), Decimal(0)),
        ("TEA-1", 1, Decimal("120.50"), Decimal(0)),
        ("POT-1", 2, Decimal(890), Decimal(178)),
    ]
    assert order.is_short
    assert world.stock("POT-1") == (1, 1)


def test_new_customer_on_a_phone_and_errors_keep_what_was_typed(
    open_page: Open, world: World
) -> None:
    page = open_page(Role.MANAGER, "orders/new/", viewport=PHONE)
    page.get_by_label("Customer’s phone").fill("12")
    page.get_by_label("Name", exact=True).fill("Іван Новий")
    page.locator("#e-find").fill("CUP-1")
    page.keyboard.press("Enter")
    expect(page.locator("[data-line]")).to_have_count(1)
    page.locator("[name=line_price]").fill("дорого")
    page.locator(".k-entry__bar button").click()
    expect(page.get_by_text("This is no phone number")).to_be_visible()
    expect(page.get_by_text("Type a price.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Іван Новий")
    assert world.read(Order.objects.count) == 0

    page.get_by_label("Customer’s phone").fill("0509998877")
    page.locator("[name=line_price]").fill("300")
    page.get_by_label("Discount on the order").fill("5%")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator(".k-entry__bar button").click()
    page.wait_for_url("**/orders/1/")
    order = newest(world)
    assert (order.total, order.discount) == (Decimal(285), Decimal(15))
    contact = world.read(lambda: ContactPoint.objects.get(customer_id=order.customer_id))
    assert contact.value == "+380509998877"


def test_an_article_is_put_into_the_catalogue_without_leaving_the_form(
    open_page: Open, world: World
) -> None:
    page = open_page(Role.OWNER, "orders/new/")
    page.get_by_label("Customer’s phone").fill("067 555 44 33")
    page.locator("#e-find").click()
    page.keyboard.type("SAM-3")
    page.get_by_role("option", name="to the catalogue").click()
    dialog = page.get_by_role("dialog", name="New product")
    expect(dialog.get_by_label("SKU")).to_have_value("SAM-3")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Самовар")
    page.keyboard.press("Enter")  # without its price
    expect(dialog.get_by_label("Price")).to_be_focused()
    page.keyboard.type("4200")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-line]")).to_contain_text("Самовар")
    expect(page.locator("#e-find")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/orders/\d+/"))
    order = newest(world)
    assert lines(world, order) == [("SAM-3", 1, Decimal(4200), Decimal(0))]
    assert order.is_short


def test_the_sums_and_the_save_key_stay_in_sight_on_a_laptop(open_page: Open, world: World) -> None:
    """However much is said of the order: what is said of it stands under the delivery."""
    with world.inside():
        for number in range(6):
            create_definition(
                kind="order", name=f"Field {number}", type="text", actor=SYSTEM, now=timezone.now()
            )
    page = open_page(Role.MANAGER, "orders/new/", viewport={"width": 1366, "height": 768})
    tags, save = page.get_by_label("Tags"), page.locator(".k-entry__save")
    for place in (page.get_by_label("Customer’s phone"), tags, page.get_by_label("Field 5")):
        place.scroll_into_view_if_needed()
        expect(place).to_be_in_viewport()
        expect(save).to_be_in_viewport(ratio=1)
