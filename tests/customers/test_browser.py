"""Customers and letters in a real browser: typing, the panel, undo, and axe at every width."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from crm.accounts.models import Membership
from crm.tenancy.models import Tenant
from customers.actions.notes import add_note, add_tag
from customers.factories import make_customer
from customers.models import Customer
from tests.fixtures.browser import find_faults, signed_page
from tests.fixtures.cast import hire
from tests.orders.conftest import NOW, SYSTEM

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def owner(shop: Tenant) -> Membership:
    with transaction.atomic():
        return hire(shop, "owner", name="Оксана Власник")


@pytest.fixture
def olena(shop: Tenant, owner: Membership) -> Customer:
    with transaction.atomic():
        make_customer("Ігор Бондар", phone="0501112233")
        olena = make_customer("Олена Петренко", phone="0671234567", email="olena@example.com")
        add_tag(customer_id=olena.pk, name="VIP", actor=SYSTEM, now=NOW)
        add_note(customer_id=olena.pk, text="Дзвонити зранку", actor=SYSTEM, now=NOW)
        return olena


@pytest.fixture
def page(browser: Browser, live_server: Any, owner: Membership, olena: Customer) -> Iterator[Page]:
    client = Client()
    client.force_login(owner.user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    with signed_page(browser, live_server.url, session) as page:
        yield page


def test_find_open_and_mend_a_customer(page: Page, olena: Customer) -> None:
    page.goto("/shop/customers/")
    page.keyboard.press("/")
    page.keyboard.type("067 123")
    expect(page.locator("#customers-table tr[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=067"))
    page.get_by_role("link", name="Олена Петренко").click()
    panel = page.locator("#panel")
    expect(panel.locator("[data-panel-title]")).to_have_text("Олена Петренко")

    # A contact of somebody else is refused beside the field, with the way to them.
    field = panel.get_by_label("Phone or e-mail")
    field.fill("050 111 22 33")
    field.press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text("Ігор Бондар")
    expect(panel.get_by_label("Phone or e-mail")).to_have_value("050 111 22 33")
    panel.get_by_label("Phone or e-mail").fill("099 555 66 77")
    panel.get_by_label("Phone or e-mail").press("Enter")
    expect(panel.locator("#customer-aside").get_by_text("99 555")).to_be_visible()

    # Removed, and taken back.
    panel.get_by_role("button", name=re.compile(r"Remove \+380.*99 555")).click()
    expect(panel.locator("#customer-aside").get_by_text("99 555")).to_have_count(0)
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(panel.locator("#customer-aside").get_by_text("99 555")).to_be_visible()

    panel.get_by_role("button", name="Edit").click()
    panel.get_by_label("Name").fill("Олена Коваль")
    panel.get_by_role("button", name="Save").click()
    expect(panel.locator("[data-panel-title]")).to_have_text("Олена Коваль")
    page.keyboard.press("Escape")
    expect(page.locator("#panel[data-open]")).to_have_count(0)
    with transaction.atomic():
        olena.refresh_from_db()
        assert olena.name == "Олена Коваль"
        assert olena.contacts.count() == 3


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1024, "dark"), (390, "light")])
def test_axe_finds_nothing(page: Page, olena: Customer, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in (
        "/shop/customers/",
        "/shop/customers/?q=ніхто",
        "/shop/customers/new/",
        f"/shop/customers/{olena.pk}/",
        "/shop/settings/messages/",
        "/shop/settings/messages/log/",
    ):
        page.goto(path)
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        page.wait_for_load_state("load")
        assert find_faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
