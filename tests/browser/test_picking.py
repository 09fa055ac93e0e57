"""Picking at a desk with a scanner: the cursor stays in the scan field, the list stays fresh."""

from django.utils import timezone
from playwright.sync_api import expect

from crm.accounts.permissions import Role
from orders.actions.picking import answer_picker
from orders.actions.transition import agree_order, start_picking
from orders.inputs import DeliveryInput
from orders.models import PickItem, PickList
from tests.browser.conftest import Open
from tests.browser.world import SYSTEM, World


def test_short_pick_in_two_taps_and_the_answer_comes_by_itself(
    open_page: Open, world: World
) -> None:
    order = world.place(
        ("CUP-1", 2),
        ("TEA-1", 1),
        delivery=DeliveryInput(method="pickup"),
        payment_method="cod",
        ship_date=timezone.localdate(),
    )
    now = timezone.now()
    with world.inside():
        agree_order(order_id=order.pk, actor=SYSTEM, now=now)
        start_picking(order_id=order.pk, actor=SYSTEM, now=now)
    page = open_page(Role.PICKER, f"picking/{order.number}/")
    expect(page.locator("html")).to_have_attribute("data-live-state", "on")
    expect(page.locator("#scan")).to_be_focused()
    # The shelves come in the order in which one walks along them.
    assert page.locator(".k-pick__cell").all_inner_texts() == ["A-01", "B-02"]

    tea = page.locator(".k-pick__item", has_text="TEA-1")
    tea.get_by_role("button", name="Short").click()
    tea.get_by_role("menuitem", name="Damaged").click()
    expect(page.get_by_text("The manager is asked:")).to_be_visible()
    live = world.read(lambda: PickList.objects.get(order_id=order.pk))
    assert live.question == "Damaged: Чай «Полонина», there are 0 of 1"

    page.locator("#scan").focus()
    with world.inside():
        answer_picker(pick_list_id=live.pk, answer="Візьми іншу", actor=SYSTEM, now=now)
    expect(page.get_by_text("The manager is asked:")).to_have_count(0)
    expect(page.locator("#scan")).to_be_focused()

    # Scans go on without a touch of the mouse, faster than the answers come; more than is
    # wanted is refused.
    for code in ("482CUP-1", "cup-1", "482TEA-1"):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Pack", exact=True)).to_be_visible()
    page.keyboard.type("482CUP-1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("is complete: put it back")
    rows = world.read(lambda: list(PickItem.objects.filter(pick_list=live)))
    assert [(row.picked, row.quantity) for row in rows] == [(2, 2), (1, 1)]
