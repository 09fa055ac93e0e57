"""The main job: a storefront pushes an order, a manager agrees it, the warehouse sends it off.

At each step the books are read back from the database.
"""

import httpx
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.accounts.permissions import Role
from customers.models import Customer
from inventory.models import Reservation, ReservationState, StockMovement
from orders.models import OrderTransition, Parcel, Payment
from orders.pipeline import Stage
from orders.selectors.history import read_history
from tests.browser.conftest import PHONE, Open
from tests.browser.world import World

PUSHED = {
    "channel": "site",
    "external_id": "W-1001",
    "customer": {"name": "Олена Коваленко", "phone": "067 123 45 67"},
    "lines": [{"sku": "CUP-1", "quantity": 2}, {"sku": "TEA-1", "quantity": 3}],
}


def push(server_url: str, world: World, body: dict) -> int:
    answer = httpx.post(
        f"{server_url}/api/v1/orders",
        json=body,
        headers={"Authorization": f"Bearer {world.key}", "Idempotency-Key": body["external_id"]},
        timeout=15,
    )
    assert answer.status_code == 201, answer.text
    return int(answer.json()["number"])


def held(world: World, number: int) -> dict[str, int]:
    """Units by the state of their reservation."""
    order = world.order(number)
    rows = world.read(lambda: list(Reservation.objects.filter(demand_id=order.demand_id)))
    units: dict[str, int] = {}
    for row in rows:
        units[row.state] = units.get(row.state, 0) + row.quantity
    return units


def stages(world: World, number: int) -> list[tuple[int | None, int, str]]:
    order = world.order(number)
    rows = world.read(
        lambda: list(OrderTransition.objects.filter(order_id=order.pk).order_by("id"))
    )
    return [(row.from_stage, row.to_stage, row.actor_label) for row in rows]


def sign_in(page: Page, world: World, role: str) -> None:
    page.fill("input[name=email]", world.people[role].user.email)
    page.fill("input[name=password]", world.password)
    page.click("button[type=submit]")


def test_order_travels_from_the_storefront_to_the_customer(
    open_page: Open, server_url: str, world: World
) -> None:
    manager = open_page(None, "/login/")
    sign_in(manager, world, Role.MANAGER)
    manager.goto("/shop/orders/")
    expect(manager.locator("html")).to_have_attribute("data-live-state", "on")

    # A storefront pushes an order: it stands in the open table by itself.
    number = push(server_url, world, PUSHED)
    row = manager.locator("[data-row]", has=manager.get_by_role("link", name=str(number)))
    expect(row).to_be_visible()
    assert held(world, number) == {ReservationState.HELD: 5}
    assert world.stock("CUP-1") == (10, 2)
    assert world.stock("TEA-1") == (20, 3)

    # The manager opens it over the list and agrees delivery, day and payment in one go.
    row.get_by_role("link", name=str(number)).first.click()
    card = manager.locator("#panel [data-blocks]")
    expect(card.get_by_role("link", name="Олена Коваленко")).to_be_visible()
    card.get_by_role("button", name="Agree…").click()
    form = card.locator("form[data-delivery]")
    form.get_by_label("Delivery", exact=True).select_option("np_branch")
    # The next working day stands there already; without it the order is not agreed.
    expect(form.get_by_label("Ship on")).not_to_have_value("")
    form.get_by_label("Ship on").fill("")
    form.get_by_role("button", name="Save and agree").click()
    # What is missing is said in place; what was chosen is kept.
    expect(form.get_by_role("alert")).to_contain_text("set the day of shipment")
    expect(form.get_by_label("Delivery", exact=True)).to_have_value("np_branch")
    assert world.order(number).stage == Stage.NEW
    form.get_by_label("City").fill("Львів")
    form.get_by_label("Branch or locker").fill("Відділення №12")
    form.get_by_label("Ship on").fill(timezone.localdate().isoformat())
    form.get_by_label("From").fill("10:00")
    form.get_by_label("Till").fill("14:00")
    form.get_by_label("Payment").select_option("cod")
    form.get_by_role("button", name="Save and agree").click()
    expect(card.get_by_role("button", name="Send to picking")).to_be_visible()
    order = world.order(number)
    assert (order.stage, order.delivery_city, order.payment_method) == (
        Stage.AGREED,
        "Львів",
        "cod",
    )
    assert order.responded_at is not None

    card.get_by_role("button", name="Send to picking").click()
    expect(card.get_by_role("button", name="Take off picking")).to_be_visible()
    assert world.order(number).stage == Stage.PICKING

    pick_and_pack(open_page, world, number)

    # The manager's panel has followed by itself.
    ship = card.get_by_role("button", name="Ship…")
    expect(ship).to_be_visible()
    assert world.order(number).stage == Stage.PACKED
    assert world.stock("CUP-1") == (10, 2)
    ship.click()
    card.get_by_label("Tracking number").fill("20450812345678")
    card.get_by_role("button", name="Ship", exact=True).click()
    delivered = card.get_by_role("button", name="Delivered")
    expect(delivered).to_be_visible()
    assert world.stock("CUP-1") == (8, 0)
    assert world.stock("TEA-1") == (17, 0)
    assert held(world, number) == {ReservationState.CONSUMED: 5}
    sold = world.read(lambda: list(StockMovement.objects.filter(kind="shipment")))
    assert sorted(row.on_hand_delta for row in sold) == [-3, -2]

    delivered.click()
    expect(card.get_by_text("Paid in full")).to_be_visible()
    order = world.order(number)
    assert order.stage == Stage.DELIVERED
    assert order.paid == order.total == 2 * 310 + 3 * 120.5
    paid = world.read(lambda: Payment.objects.get(order_id=order.pk))
    assert (paid.amount, paid.method, paid.recorded_by) == (
        order.total,
        "cod",
        world.people[Role.MANAGER].display_name,
    )
    person, packer = (world.people[role].display_name for role in (Role.MANAGER, Role.PICKER))
    assert stages(world, number) == [
        (None, Stage.NEW, "Storefront"),
        (Stage.NEW, Stage.AGREED, person),
        (Stage.AGREED, Stage.PICKING, person),
        (Stage.PICKING, Stage.PACKED, packer),
        (Stage.PACKED, Stage.SHIPPED, person),
        (Stage.SHIPPED, Stage.DELIVERED, person),
    ]

    # The customer's page knows of it.
    customer = world.read(lambda: Customer.objects.get(id=order.customer_id))
    history = world.read(lambda: read_history(customer_id=customer.pk, viewer=None))
    assert (history.orders, history.delivered, history.sums) == (1, 1, [("UAH", order.total)])
    manager.goto(f"/shop/customers/{customer.pk}/")
    expect(manager.get_by_role("link", name=f"№{number}").first).to_be_visible()


def pick_and_pack(open_page: Open, world: World, number: int) -> None:
    """The picker, on a phone with a scanner."""
    picker = open_page(Role.PICKER, "picking/", viewport=PHONE)
    picker.get_by_role("link", name=f"№{number}").click()
    picker.wait_for_selector("#scan")
    assert "₴" not in picker.inner_text("body")
    assert "Олена" not in picker.inner_text("body")

    # A wrong code is refused loudly and ticks nothing.
    picker.keyboard.type("4820000000000")
    picker.keyboard.press("Enter")
    expect(picker.get_by_role("alert")).to_contain_text("is not on this list")
    expect(picker.locator("body")).to_have_class("k-body is-alarmed")
    expect(picker.get_by_text("0 of 5", exact=True)).to_be_visible()

    # One scan is one unit; the rest at one press.
    picker.keyboard.type("482CUP-1")
    picker.keyboard.press("Enter")
    cup = picker.locator(".k-pick__item", has_text="CUP-1")
    expect(cup.get_by_role("img", name="1 of 2 picked")).to_be_visible()
    cup.get_by_role("button", name="Took it").click()
    expect(cup.get_by_role("img", name="2 of 2 picked")).to_be_visible()
    tea = picker.locator(".k-pick__item", has_text="TEA-1")
    tea.get_by_role("button", name="All 3").click()
    picker.get_by_role("link", name="Pack", exact=True).click()
    picker.get_by_label("Weight, kg").fill("1.25")
    picker.get_by_role("button", name="Packed").click()
    picker.wait_for_url("**/shop/picking/")
    parcel = world.read(lambda: Parcel.objects.get(order__number=number))
    assert (parcel.weight_g, parcel.packed_by) == (1250, world.people[Role.PICKER].display_name)
