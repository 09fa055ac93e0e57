"""axe-core on every main screen, light and dark, on a desk and on a phone: nothing serious."""

from datetime import datetime
from pprint import pformat
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.accounts.permissions import Role
from inventory.models import StockItem
from orders.actions.edit_requests import request_edit
from orders.actions.notes import add_note
from orders.actions.picking import ask_manager
from orders.actions.transition import agree_order, start_picking
from orders.edits import OrderEdit
from orders.inputs import BuyerInput, DeliveryInput
from orders.models import Channel, PickList
from tests.browser.conftest import DESK, PHONE, Open
from tests.browser.world import SYSTEM, World
from tests.fixtures.browser import AXE
from tests.matrix.world import fill, list_routes

READY = {
    "payment_method": "cod",
    "ship_date": timezone.localdate(),
    "delivery": DeliveryInput(method="np_branch", city="Львів", branch="Відділення №12"),
}

# (role, path, what to press first). {…} are filled in from the world.
SCREENS = [
    (Role.OWNER, "orders/", ""),
    (Role.OWNER, "orders/board/", ""),
    (Role.OWNER, "orders/{fresh}/", ""),
    (Role.OWNER, "orders/{twin}/", ""),
    (Role.MANAGER, "orders/{fresh}/", "Agree…"),
    (Role.MANAGER, "orders/{fresh}/", "Cancel the order…"),
    (Role.MANAGER, "orders/{fresh}/", "Payment"),
    (Role.OWNER, "orders/{asked}/", ""),
    (Role.MANAGER, "orders/new/", ""),
    (Role.MANAGER, "orders/{fresh}/edit/", ""),
    (Role.PICKER, "picking/", ""),
    (Role.PICKER, "picking/{picking}/", ""),
    (Role.PICKER, "picking/{picking}/", "Short"),
    (Role.PICKER, "picking/{picking}/pack/", ""),
    (Role.WAREHOUSE_LEAD, "picking/all/", ""),
    (Role.OWNER, "customers/", ""),
    (Role.OWNER, "customers/new/", ""),
    (Role.OWNER, "customers/{customer}/", ""),
    (Role.OWNER, "products/", ""),
    (Role.OWNER, "products/new/", ""),
    (Role.OWNER, "products/{product}/", ""),
    (Role.OWNER, "stock/", ""),
    (Role.OWNER, "stock/items/{item}/", ""),
    (Role.OWNER, "stock/receive/", ""),
    (Role.OWNER, "stock/documents/", ""),
    (Role.OWNER, "settings/", ""),
    (Role.OWNER, "settings/company/", ""),
    (Role.OWNER, "settings/members/", ""),
    (Role.OWNER, "settings/members/invite/", ""),
    (Role.OWNER, "settings/audit/", ""),
    (Role.OWNER, "settings/orders/", ""),
    (Role.OWNER, "settings/statuses/", ""),
    (Role.OWNER, "settings/channels/", ""),
    (Role.OWNER, "settings/channels/{channel}/", ""),
    (Role.OWNER, "settings/reasons/", ""),
    (Role.OWNER, "settings/warehouses/", ""),
    (Role.OWNER, "settings/connections/", ""),
    (Role.OWNER, "settings/connections/woocommerce/new/", ""),
    (Role.OWNER, "settings/api-keys/", ""),
    (Role.OWNER, "settings/messages/", ""),
    (Role.OWNER, "settings/messages/log/", ""),
    (Role.OWNER, "jobs/", ""),
]
PUBLIC = ["/login/", "/signup/", "/password/", "/api/docs/errors/"]


# Puts a theme on, and waits until it is drawn: who asks for less motion has no fading.
WEAR = """theme => new Promise((done) => {
  document.documentElement.dataset.bsTheme = theme;
  requestAnimationFrame(() => requestAnimationFrame(done));
})"""
# While what a press has asked for is under way.
BUSY = ".htmx-request, .htmx-swapping, .htmx-settling"
# A page has thousands of elements that pass: only how many rules did is told. And `region`, whose
# faults are moderate, takes as long as all the others.
JUDGE = """async ([within, options]) => {
  const found = await axe.run(within, {
    rules: { region: { enabled: false } }, ...options, selectors: false,
    resultTypes: ["violations"],
  });
  return {
    passes: found.passes.length,
    faults: found.violations
      .filter((fault) => ["serious", "critical"].includes(fault.impact))
      .map((fault) => [fault.id, fault.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]),
  };
}"""
# Who opens them is somebody else, or nowhere, afterwards.
LEADS_OUT = {"accounts:logout", "shell:events"}
CALM = {"reduced_motion": "reduce"}
# Whole pages that nothing looks at here, and why.
NOT_LOOKED_AT = {
    "api-docs": "Swagger UI's own page",
}


def furnish(world: World) -> dict[str, Any]:
    """Orders in the states that show the most."""
    same = BuyerInput(name="Олена Коваленко", phone="+380671234567")
    fresh = world.place(("CUP-1", 2), ("POT-1", 3), buyer=same, tags=("подарунок",))
    twin = world.place(("CUP-1", 2), ("POT-1", 3), buyer=same)
    world.place(("NO-SUCH", 1), buyer=BuyerInput(name="Хтось"))
    picking = world.place(
        ("TEA-1", 3), buyer=BuyerInput(name="Андрій", phone="+380501112233"), **READY
    )
    asked = world.place(
        ("TEA-1", 2), buyer=BuyerInput(name="Софія", phone="+380631112233"), **READY
    )
    now = timezone.now()
    # One order a transaction, as everywhere: the worker locks orders too.
    for order in (picking, asked):
        with world.inside():
            to_picking(order.pk, now)
    with world.inside():
        live = PickList.objects.get(order_id=asked.pk)
        ask_manager(pick_list_id=live.pk, question="Немає на місці", actor=SYSTEM, now=now)
        edit = OrderEdit({"delivery_branch": "№7"})
        request_edit(order_id=asked.pk, edit=edit, reason="Просять", actor=SYSTEM, now=now)
    with world.inside():
        add_note(order_id=fresh.pk, text="Передзвонити", actor=SYSTEM, now=now)
        item = StockItem.objects.filter(variant=world.variants["CUP-1"]).get()
        channel = Channel.objects.get(code="site")
    return {
        "fresh": fresh.number,
        "twin": twin.number,
        "picking": picking.number,
        "asked": asked.number,
        "customer": fresh.customer_id,
        "product": world.variants["CUP-1"].product_id,
        "item": item.pk,
        "channel": channel.pk,
    }


def to_picking(order_id: int, now: datetime) -> None:
    agree_order(order_id=order_id, actor=SYSTEM, now=now)
    start_picking(order_id=order_id, actor=SYSTEM, now=now)


def faults(page: Page, theme: str, within: str = "html") -> list[str]:
    """The serious faults of the page, each with the markup at fault. Only colours differ
    between the themes, so in the dark only they are judged."""
    page.evaluate(WEAR, theme)
    options = {"runOnly": ["color-contrast"]} if theme == "dark" else {}
    result = page.evaluate(JUDGE, [within, options])
    assert result["passes"]
    wrong = [f"{theme} {rule}: {html}" for rule, nodes in result["faults"] for html in nodes]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*wrong, f"{wide} px too wide"] if wide > 0 else wrong


@pytest.mark.slow
def test_no_screen_has_a_serious_fault(open_page: Open, world: World) -> None:
    """Each is opened on a desk, and then the window is made as narrow as a phone: that is a matter
    of style sheets alone, and of no script that runs as a page opens."""
    names = furnish(world)
    pages: dict[str | None, Page] = {}
    found: dict[str, list[str]] = {}

    def show(role: str | None, address: str, press: str = "") -> None:
        if role not in pages:
            pages[role] = open_page(role, "" if role else "/login/", **CALM)
            pages[role].add_init_script(path=AXE)
        page = pages[role]
        page.set_viewport_size(DESK)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, (address, answer.status)
        if press:
            page.get_by_role("button", name=press).first.click()
            page.wait_for_timeout(100)
            expect(page.locator(BUSY)).to_have_count(0)
        wrong = [f"desk {fault}" for theme in ("light", "dark") for fault in faults(page, theme)]
        page.set_viewport_size(PHONE)
        wrong += [f"phone {fault}" for theme in ("dark", "light") for fault in faults(page, theme)]
        if wrong:
            found[f"{address} {press}".strip()] = wrong

    for role, path, press in SCREENS:
        show(role, f"/shop/{path.format(**names)}", press)
    for address in PUBLIC:
        show(None, address)
    assert not found, pformat(found, width=160)


def test_faults_that_are_put_in_are_found(open_page: Open) -> None:
    page = open_page(None, "/login/", **CALM)
    page.add_init_script(path=AXE)
    page.reload()
    assert faults(page, "light") == faults(page, "dark") == []
    page.evaluate("""() => {
      const [button, text] = ["button", "p"].map((tag) => document.createElement(tag));
      text.textContent = "pale";
      text.style.cssText = "color: #777; background: #888; width: 3000px";
      document.querySelector("main").append(button, text);
    }""")
    *wrong, wide = faults(page, "light")
    assert [fault.split(":")[0] for fault in wrong] == ["light button-name", "light color-contrast"]
    assert wide.endswith(" px too wide")
    assert faults(page, "dark")[0].startswith("dark color-contrast: <p ")


class Anything(dict[str, int]):
    """Any number for any name: which page an address is of does not depend on it."""

    def __missing__(self, key: str) -> int:
        return 1


def list_whole_pages(world: World) -> dict[str, str]:
    """The addresses of every route that answers an owner with a page of its own, by its name.

    What answers with a piece of a page, a file or a redirect is seen where it is used.
    """
    owner = world.people[Role.OWNER]
    call_command("platform_staff", owner.user.email, verbosity=0)
    with world.inside():
        things = fill(world.company, owner, orders=1)
    client = Client()
    client.force_login(owner.user)
    found = {}
    for route in list_routes():
        if route.name in LEADS_OUT or not isinstance(route.access, str):
            continue
        address = route.url(things)
        answer = client.get(address)
        if answer.status_code == 200 and not answer.streaming and b"<html" in answer.content[:300]:
            found[route.name] = address
    return found


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, databases=["default", "owner", "system"])
def test_no_page_of_the_product_has_a_serious_fault(open_page: Open, world: World) -> None:
    """Every route that no screen above is of, as it is: a new page is judged without being listed.
    Without its frame, which the screens are judged with."""
    pages = list_whole_pages(world)
    assert len(pages) > 90
    assert set(NOT_LOOKED_AT) <= set(pages)
    paths = [f"/shop/{path.format_map(Anything())}" for _role, path, _press in SCREENS]
    judged = {resolve(path).view_name for path in [*paths, *PUBLIC]}
    page = open_page(Role.OWNER, "", viewport=PHONE, **CALM)
    page.add_init_script(path=AXE)
    found = {}
    for name, address in pages.items():
        if name in judged or name in NOT_LOOKED_AT:
            continue
        page.goto(address)
        within = "main" if page.locator("main").count() else "html"
        wrong = faults(page, "light", within) + faults(page, "dark", within)
        if wrong:
            found[f"{name} {address}"] = wrong
    assert not found, pformat(found, width=160)
