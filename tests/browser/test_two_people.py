"""Two people at one order: each sees the other, nothing typed is lost, nothing is overwritten."""

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from crm.accounts.permissions import Role
from orders.actions.edit import edit_order
from orders.actions.notes import add_note
from orders.edits import OrderEdit
from tests.browser.conftest import Open
from tests.browser.world import SYSTEM, World


def card(page: Page) -> Locator:
    return page.locator("[data-blocks]")


def open_form(page: Page) -> Locator:
    card(page).get_by_role("button", name="Edit", exact=False).first.wait_for()
    page.locator("[id$=-delivery] .card-header button").click()
    form = page.locator("form[data-delivery]")
    form.wait_for()
    return form


def wait_live(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-live-state", "on")


def test_second_save_gets_a_comparison_and_nothing_is_overwritten(
    open_page: Open, world: World
) -> None:
    order = world.place(("CUP-1", 1))
    path = f"orders/{order.number}/"
    mine, theirs = open_page(Role.MANAGER, path), open_page(Role.OWNER, path)
    wait_live(mine)
    wait_live(theirs)
    # Each sees that the other is here.
    expect(mine.locator("[data-presence]")).to_contain_text("Owner")
    expect(theirs.locator("[data-presence]")).to_contain_text("Manager")

    my_form, their_form = open_form(mine), open_form(theirs)
    my_form.get_by_label("City").fill("Львів")
    my_form.get_by_label("Payment").select_option("cod")
    their_form.get_by_label("City").fill("Одеса")
    their_form.get_by_role("button", name="Save").click()
    expect(card(theirs).get_by_text("Одеса", exact=False).first).to_be_visible()

    # My form is told, and keeps what I typed.
    expect(my_form.locator("[data-stale-note]")).to_be_visible()
    expect(my_form.get_by_label("City")).to_have_value("Львів")
    my_form.get_by_role("button", name="Save").click()
    compared = mine.locator(".k-compare")
    expect(compared).to_contain_text("Одеса")
    expect(compared).to_contain_text("Львів")
    stored = world.order(order.number)
    assert (stored.delivery_city, stored.payment_method) == ("Одеса", "")

    compared.get_by_role("group", name="City").get_by_label("Theirs").check()
    compared.get_by_role("button", name="Save what is chosen").click()
    expect(compared).to_have_count(0)
    # The timeline says it too, now or a moment later.
    delivery = card(mine).locator("[id$=-delivery]")
    expect(delivery.get_by_text("Cash on delivery")).to_be_visible()
    stored = world.order(order.number)
    assert (stored.delivery_city, stored.payment_method) == ("Одеса", "cod")


def test_whole_order_edited_twice_is_compared_line_by_line(open_page: Open, world: World) -> None:
    order = world.place(("CUP-1", 2), ("TEA-1", 1))
    page = open_page(Role.MANAGER, f"orders/{order.number}/edit/")
    rows = page.locator("[data-line]")
    expect(rows).to_have_count(2)
    with world.inside():
        edit_order(
            order_id=order.pk,
            edit=OrderEdit({"delivery_city": "Одеса"}),
            actor=SYSTEM,
            now=timezone.now(),
        )
    rows.nth(0).locator("[name=line_quantity]").fill("3")
    rows.nth(1).get_by_role("button", name="Remove the line").click()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("a colleague changed it")
    assert world.stock("CUP-1") == (10, 2)
    page.get_by_role("button", name="Save what is chosen").click()
    page.wait_for_url(f"**/orders/{order.number}/")
    stored = world.order(order.number)
    lines = world.read(lambda: [(x.sku, x.quantity) for x in stored.lines.order_by("position")])
    assert (stored.delivery_city, lines) == ("Одеса", [("CUP-1", 3)])
    assert world.stock("CUP-1") == (10, 3)
    assert world.stock("TEA-1") == (20, 0)


def test_card_follows_a_colleague_while_a_note_is_being_written(
    open_page: Open, world: World
) -> None:
    order = world.place(("CUP-1", 1))
    page = open_page(Role.MANAGER, f"orders/{order.number}/")
    wait_live(page)
    note = page.get_by_label("Note for colleagues")
    note.fill("Ще пишу")
    with world.inside():
        add_note(order_id=order.pk, text="Від колеги", actor=SYSTEM, now=timezone.now())
        edit_order(
            order_id=order.pk,
            edit=OrderEdit({"delivery_city": "Одеса"}),
            actor=SYSTEM,
            now=timezone.now(),
        )
    expect(page.locator("[id$=-delivery]")).to_contain_text("Одеса")
    expect(note).to_have_value("Ще пишу")
    expect(note).to_be_focused()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".k-timeline")).to_contain_text("Ще пишу")
    expect(page.locator(".k-timeline")).to_contain_text("Від колеги")


def test_agreeing_is_undone_from_the_toast(open_page: Open, world: World) -> None:
    order = world.place(("CUP-1", 1), payment_method="cod", ship_date=timezone.localdate())
    page = open_page(Role.MANAGER, f"orders/{order.number}/")
    page.keyboard.press("a")
    form = page.locator("form[data-delivery]")
    form.get_by_label("Delivery", exact=True).select_option("pickup")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Send to picking")).to_be_visible()
    assert world.order(order.number).stage_word == "agreed"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Send to picking")).to_have_count(0)
    assert world.order(order.number).stage_word == "new"
