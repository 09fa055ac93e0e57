"""The table and the board in a browser: they renew themselves, and moves are made in place."""

import re
from datetime import date
from decimal import Decimal

from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.accounts.permissions import Role
from crm.views.models import ListChoice
from inventory.factories import make_variant
from orders.actions.transition import agree_order
from orders.inputs import BuyerInput, DeliveryInput
from orders.models import Order, Status
from orders.pipeline import Stage
from orders.web.columns import DEFAULT
from orders.web.views_bar import PLACE
from tests.browser.conftest import DESK, PHONE, Open
from tests.browser.world import SYSTEM, World

LONG_NAME = BuyerInput(name="Костянтинопольська-Задунайська Олександра", phone="+380671234567")


def wait_live(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-live-state", "on")


def ready(world: World) -> Order:
    """An agreed order to be paid at delivery."""
    order = world.place(("CUP-1", 1))
    with world.inside():
        Order.objects.filter(pk=order.pk).update(
            delivery_method="pickup",
            recipient_name="Олена",
            recipient_phone="+380671112233",
            payment_method="cod",
            ship_date=date(2027, 1, 4),
        )
        agree_order(order_id=order.pk, actor=SYSTEM, now=timezone.now())
    return order


def column(world: World, stage: Stage) -> str:
    with world.inside():
        return f"#column-{Status.objects.get(stage=stage, is_default=True).pk}"


def drag(page: Page, card: str, target: str) -> None:
    """Carry a card into a column by the mouse."""
    start, end = page.locator(card).bounding_box(), page.locator(target).bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 60, start["y"] + 40)
    page.mouse.down()
    page.mouse.move(start["x"] + 90, start["y"] + 60, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 200, steps=12)
    page.mouse.up()


def test_a_new_order_appears_and_nobody_loses_their_place(open_page: Open, world: World) -> None:
    world.place(("CUP-1", 1))
    second = world.place(("CUP-1", 1))
    page, colleague = open_page(Role.MANAGER, "orders/"), open_page(Role.OWNER, "orders/")
    wait_live(page)
    page.keyboard.press("j")
    page.keyboard.press("x")
    row = page.locator(f"#order-{second.pk}")
    expect(row.get_by_role("checkbox")).to_be_checked()

    colleague.get_by_role("button", name="Test order").click()

    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody tr").first.get_by_role("link", name="3", exact=True)).to_be_visible()
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(page.locator("[data-chosen-count]")).to_have_text("1")
    expect(row).to_have_class("is-cursor")
    expect(row.get_by_role("link", name=str(second.number), exact=True)).to_be_focused()


def test_enter_opens_the_card_over_the_list_and_back_closes_it(
    open_page: Open, world: World
) -> None:
    order = world.place(("CUP-1", 1))
    page = open_page(Role.MANAGER, "orders/?stage=new")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#panel[data-open]")).to_contain_text(f"№{order.number}")
    page.go_back()
    expect(page.locator("#panel[data-open]")).to_have_count(0)
    assert page.url.endswith("orders/?stage=new")


def test_what_is_typed_is_searched_and_the_address_keeps_it(open_page: Open, world: World) -> None:
    world.place(("CUP-1", 1))
    buyer = BuyerInput(name="Степан", phone="+380509998877")
    found = world.place(("CUP-1", 1), buyer=buyer)
    page = open_page(Role.MANAGER, "orders/?stage=new")
    page.keyboard.press("/")
    page.keyboard.type("050 999")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator(f"#order-{found.pk}")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?stage=new&q=050|\?q=050.*&stage=new"))
    page.keyboard.type("1234")
    page.get_by_role("link", name="Show all orders").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("#orders-q")).to_have_value("")


def test_a_status_is_changed_in_its_row_and_taken_back(open_page: Open, world: World) -> None:
    order = ready(world)
    page = open_page(Role.MANAGER, "orders/")
    row = page.locator(f"#order-{order.pk}")
    row.locator("[popovertarget=step-menu]").click()
    with world.inside():
        picking = Status.objects.get(stage=Stage.PICKING)
    page.locator("#step-menu").get_by_role("menuitem", name=picking.name).click()
    expect(row.locator("[popovertarget=step-menu]")).to_have_text(picking.name)
    assert world.order(order.number).stage == Stage.PICKING
    page.locator(".k-toast__undo").click()
    expect(row.locator("[popovertarget=step-menu]")).not_to_have_text(picking.name)
    assert world.order(order.number).stage == Stage.AGREED


def test_a_dragged_card_moves_and_a_refused_one_springs_back(open_page: Open, world: World) -> None:
    order, bare = ready(world), world.place(("CUP-1", 1))
    new, agreed, picking = (
        column(world, stage) for stage in (Stage.NEW, Stage.AGREED, Stage.PICKING)
    )
    page = open_page(Role.MANAGER, "orders/board/")

    drag(page, f"#card-{order.pk}", picking)
    expect(page.locator(".k-toast")).to_contain_text(f"№{order.number}")
    expect(page.locator(f"{picking} #card-{order.pk}")).to_be_visible()
    expect(page.locator(f"{picking} .k-board__count")).to_have_text("1")
    assert world.order(order.number).stage == Stage.PICKING

    drag(page, f"#card-{bare.pk}", agreed)
    why = page.locator(f"{new} #card-{bare.pk} .o-why")
    expect(why).to_contain_text("choose how it is delivered")
    expect(page.locator(f"{new} .k-board__count")).to_have_text("1")
    assert world.order(bare.number).stage == Stage.NEW
    why.get_by_role("link", name="Open the order").click()
    expect(page.locator("#panel[data-open]")).to_contain_text(f"№{bare.number}")


def test_a_card_moves_by_its_menu_and_cancelling_asks_why(open_page: Open, world: World) -> None:
    order = world.place(("CUP-1", 1))
    page = open_page(Role.MANAGER, "orders/board/")
    page.keyboard.press("j")
    page.keyboard.press("s")
    menu = page.locator("#step-menu")
    with world.inside():
        cancelled = Status.objects.get(stage=Stage.CANCELLED)
    menu.get_by_role("menuitem", name=cancelled.name).click()
    panel = page.locator("#panel[data-open]")
    panel.get_by_role("radio").first.check()
    panel.get_by_role("button", name="Cancel the order").click()
    expect(page.locator(f"#card-{order.pk}")).to_have_count(0)
    assert world.order(order.number).stage == Stage.CANCELLED


def test_on_a_phone_rows_are_cards_and_nothing_sticks_out(open_page: Open, world: World) -> None:
    world.place(("CUP-1", 1))
    for path in ("orders/", "orders/board/"):
        page = open_page(Role.MANAGER, path, viewport=PHONE)
        expect(page.locator("[data-row]").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_a_title_takes_one_line_and_hours_are_whole(
    open_page: Open, world: World
) -> None:
    order = world.place(("CUP-1", 1))
    page = open_page(Role.MANAGER, f"orders/{order.number}/", viewport=PHONE)
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_text(f"Order №{order.number}")
    assert title.evaluate("h => h.offsetHeight < 2 * parseFloat(getComputedStyle(h).fontSize)")
    assert page.locator(".k-head").evaluate("head => head.offsetHeight") < 80
    expect(page.get_by_role("link", name="Edit", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page = open_page(Role.OWNER, "settings/calendar/", viewport=PHONE)
    label = page.locator(".k-week td label").first
    assert label.evaluate("label => label.offsetWidth > 10 && label.offsetHeight > 10")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


# What lies over something else in a row.
OVERLAPS = """() => [...document.querySelectorAll(".o-table tbody tr")].flatMap(row => {
  const parts = [...row.querySelectorAll(".k-trunc, .k-money, .k-status, .k-phone, .o-flag, time")]
    .map(part => [part, part.getBoundingClientRect()]).filter(([, spot]) => spot.width);
  return parts.flatMap(([one, a], i) => parts.slice(i + 1)
    .filter(([other, b]) => !one.contains(other)
      && a.left < b.right - 1 && b.left < a.right - 1
      && a.top < b.bottom - 1 && b.top < a.bottom - 1)
    .map(([other]) => [one.outerHTML, other.outerHTML]));
})"""


def test_a_row_keeps_its_place_and_tags_on_any_screen(open_page: Open, world: World) -> None:
    """Large sums and long tags push nothing over their neighbours, and the city stays."""
    place = DeliveryInput(method="np_branch", city="Полтава", branch="№1")
    for tags in ((), ("подарункове пакування з листівкою", "передзвонити")):
        world.place(("POT-1", 1), delivery=place, tags=tags, buyer=LONG_NAME)
    with world.inside():
        Order.objects.update(total=Decimal("246501062.85"))
    for width in (1440, 1366, 1024, 390):
        page = open_page(Role.MANAGER, "orders/", viewport={"width": width, "height": 900})
        row = page.locator("[data-row]").first
        expect(row.get_by_text("Полтава").filter(visible=True)).to_have_count(1)
        expect(row.get_by_text("подарункове")).to_be_visible()
        assert page.evaluate(OVERLAPS) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_all_stages_are_in_sight_on_a_desk(open_page: Open, world: World) -> None:
    world.place(("CUP-1", 1))
    for width in (1440, 1280, 1024):
        page = open_page(Role.MANAGER, "orders/", viewport={"width": width, "height": 900})
        tabs = page.locator(".o-tabs")
        expect(tabs.get_by_role("link")).to_have_count(9)
        assert tabs.evaluate("nav => nav.scrollWidth - nav.clientWidth") == 0


def test_own_columns_that_fit_do_not_scroll_by_themselves(open_page: Open, world: World) -> None:
    for _ in range(25):
        world.place(("CUP-1", 1))
    few, many = ["status", "customer", "total", "channel"], [*DEFAULT[1:], "channel", "payment"]
    scrolls = "wrap => [wrap.scrollWidth > wrap.clientWidth, wrap.scrollHeight > wrap.clientHeight]"
    for columns, beyond in ((few, [False, False]), (many, [True, True])):
        with world.inside():
            ListChoice.objects.update_or_create(
                member=world.people[Role.MANAGER], place=PLACE, defaults={"columns": columns}
            )
        page = open_page(Role.MANAGER, "orders/")
        expect(page.locator("th.o-channel")).to_have_count(1)
        assert page.locator(".o-wrap").evaluate(scrolls) == beyond


def test_a_long_status_is_shown_whole(open_page: Open, world: World) -> None:
    world.place(("CUP-1", 1))
    with world.inside():
        Status.objects.filter(stage=Stage.PICKING).delete()
        Status.objects.filter(stage=Stage.NEW, is_default=True).update(name="Комплектування")
    for width in (1440, 1024):
        page = open_page(Role.MANAGER, "orders/", viewport={"width": width, "height": 900})
        name = page.locator("[data-row] .k-status > span")
        expect(name).to_have_text("Комплектування")
        assert name.evaluate("span => span.scrollWidth - span.clientWidth") == 0


def test_labels_of_the_bottom_bar_keep_from_the_edge(open_page: Open, world: World) -> None:
    page = open_page(Role.MANAGER, "orders/", viewport=PHONE)
    expect(page.locator(".k-bottom a").first).to_be_visible()
    left, right = page.locator(".k-bottom").evaluate(
        """bar => {
            const range = document.createRange();
            const places = [...bar.children].map(place => {
                place.lastChild.textContent = "Замовлення";
                range.selectNodeContents(place);
                return range.getBoundingClientRect();
            });
            return [places[0].left, places.at(-1).right];
        }"""
    )
    assert left >= 8
    assert right <= 382


def test_long_names_and_skus_keep_to_their_column(open_page: Open, world: World) -> None:
    sku = "ARTYKUL-DUZHE-DOVHYI-0001-CHERVONYI-XXL-2026-SEZON"
    name = "Набір подарунковий керамічний «Полонинський ранок» з ручним розписом у скрині"
    with world.inside():
        variant = make_variant(sku, product=name, on_hand=7, price=Decimal("97257.99"))
    for path in ("products/", "stock/", f"products/{variant.product_id}/"):
        for size in (DESK, PHONE):
            page = open_page(Role.OWNER, path, viewport=size)
            code = page.get_by_text(sku).first
            expect(code).to_be_visible()
            assert (
                page.locator("td").evaluate_all(
                    "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).length"
                )
                == 0
            ), (path, size)
            expect(page.get_by_text(name).first).to_be_visible()
