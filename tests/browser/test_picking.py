"""Picking at a desk with a scanner: the cursor stays in the scan field, the list stays fresh."""

from django.utils import timezone
from playwright.sync_api import Route, expect

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


def test_ticks_made_without_a_connection_are_sent_later(open_page: Open, world: World) -> None:
    order = world.place(
        ("CUP-1", 3),
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
    waiting = page.locator("#pick-queue")
    cups, tea = (page.locator(".k-pick__item", has_text=sku) for sku in ("CUP-1", "TEA-1"))
    expect(waiting).to_be_hidden()

    page.context.set_offline(True)
    cups.get_by_role("button", name="+1").click()
    expect(waiting).to_have_text("1 tick waits to be sent")
    expect(cups.locator(".k-pick__count b")).to_have_text("1")
    page.locator("#scan").focus()
    page.keyboard.type("482СГЗ-1")  # the keys of CUP in the Ukrainian layout
    page.keyboard.press("Enter")
    expect(cups.locator(".k-pick__count b")).to_have_text("2")
    for name, count in (("Took it", "1"), ("Put back", "0"), ("Took it", "1")):
        tea.get_by_role("button", name=name).click()
        expect(tea.locator(".k-pick__count b")).to_have_text(count)
    expect(waiting).to_have_text("5 ticks wait to be sent")
    page.locator("#scan").focus()
    page.keyboard.type("nothing-here")
    page.keyboard.press("Enter")
    expect(page.locator(".k-toast").last).to_contain_text("nothing-here is not on this list")

    def picked() -> list[int]:
        rows = PickItem.objects.filter(pick_list__order_id=order.pk).order_by("-quantity")
        return list(rows.values_list("picked", flat=True))

    assert world.read(picked) == [0, 0]
    page.context.set_offline(False)
    expect(waiting).to_be_hidden()
    expect(tea.get_by_role("button", name="Put back")).to_be_visible()
    assert world.read(picked) == [2, 1]
    expect(cups.locator(".k-pick__count b")).to_have_text("2")


def test_a_tick_whose_answer_was_lost_counts_once(open_page: Open, world: World) -> None:
    order = world.place(
        ("CUP-1", 3),
        delivery=DeliveryInput(method="pickup"),
        payment_method="cod",
        ship_date=timezone.localdate(),
    )
    now = timezone.now()
    with world.inside():
        agree_order(order_id=order.pk, actor=SYSTEM, now=now)
        start_picking(order_id=order.pk, actor=SYSTEM, now=now)
    page = open_page(Role.PICKER, f"picking/{order.number}/", lossy=True)
    expect(page.locator("html")).to_have_attribute("data-live-state", "on")
    ticks: list[str] = []

    def lose_the_first_answer(route: Route) -> None:
        ticks.append(route.request.post_data or "")
        if len(ticks) > 1:
            route.continue_()
            return
        route.fetch()  # it comes to the server
        route.abort()  # and nothing comes back

    page.route("**/items/*/", lose_the_first_answer)
    page.get_by_role("button", name="+1").click()
    expect(page.locator("#pick-queue")).to_be_visible()
    expect(page.locator("#pick-queue")).to_be_hidden()
    assert len(ticks) == 2
    assert len({sorted(tick.split("&"))[1] for tick in ticks}) == 1
    assert world.read(lambda: PickItem.objects.get(pick_list__order_id=order.pk).picked) == 1


CAMERA = """
window.seen = [];
window.BarcodeDetector = class {
  async detect() { return window.seen.map(code => ({rawValue: code})); }
};
const canvas = document.createElement("canvas");
const paint = canvas.getContext("2d");
setInterval(() => paint.fillRect(0, 0, 9, 9), 50);
navigator.mediaDevices.getUserMedia = async () => canvas.captureStream();
"""


def test_the_camera_ticks_where_the_browser_reads_barcodes(open_page: Open, world: World) -> None:
    order = world.place(
        ("CUP-1", 3),
        delivery=DeliveryInput(method="pickup"),
        payment_method="cod",
        ship_date=timezone.localdate(),
    )
    now = timezone.now()
    with world.inside():
        agree_order(order_id=order.pk, actor=SYSTEM, now=now)
        start_picking(order_id=order.pk, actor=SYSTEM, now=now)
    page = open_page(Role.PICKER, f"picking/{order.number}/")
    button = page.get_by_role("button", name="Scan by the camera")
    expect(page.locator("#scan")).to_be_visible()
    expect(button).to_be_hidden()

    page.add_init_script(CAMERA)
    page.reload()
    button.click()
    page.evaluate("window.seen = ['482CUP-1']")
    expect(page.locator(".k-pick__count b")).to_have_text("1")
    page.wait_for_timeout(800)  # the same thing is still before the camera
    expect(page.locator(".k-pick__count b")).to_have_text("1")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(button).to_be_visible()
    assert page.evaluate("document.querySelector('#camera video').srcObject") is None
