"""The API's pages in a real browser: nothing is blocked by the strict policy, axe is content."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from crm.tenancy.context import tenant_scope
from tests.api.conftest import ApiClient
from tests.fixtures.browser import find_faults, signed_page
from tests.fixtures.cast import found_company, hire

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A page of the owner's browser. What the console complains of fails the test."""
    tenant = found_company("shop", "Крамниця")
    with tenant_scope(tenant.pk), transaction.atomic():
        owner = hire(tenant, "owner", name="Оксана Власник")
    client = Client()
    client.force_login(owner.user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    with signed_page(browser, live_server.url, session) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield page


def check_axe(page: Page) -> None:
    assert [f for f in find_faults(page) if f[1] in {"serious", "critical"}] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_documentation_shows_every_operation(page):
    page.goto("/api/docs/")
    operation = page.locator("#operations-Orders-create_order")
    expect(operation).to_be_visible(timeout=30_000)
    operation.locator("button.opblock-summary-control").click()
    expect(operation.get_by_text("Відділення №12").first).to_be_visible()
    assert page.locator(".opblock").count() > 25


@pytest.mark.parametrize("width", [1440, 390])
def test_the_table_of_errors_is_for_everybody(page, width):
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/api/docs/errors/#out_of_stock")
    expect(page.locator("#out_of_stock")).to_be_in_viewport()
    check_axe(page)


def test_a_key_is_made_copied_replaced_and_withdrawn(page):
    page.goto("/shop/settings/api-keys/")
    page.get_by_role("link", name="New key").first.click()
    page.get_by_label("Name").fill("Online store")
    page.get_by_role("button", name="Make the key").click()
    told = page.get_by_text("Choose at least one.")
    icon = told.locator("xpath=preceding-sibling::*[name()='svg']")
    gap = (told.bounding_box() or {})["x"] - (icon.bounding_box() or {})["x"]
    assert 0 < gap < 30, "the message stands beside its mark"
    page.get_by_label("Read orders").check()
    check_axe(page)
    page.get_by_role("button", name="Make the key").click()
    text = page.get_by_label("Key", exact=True).input_value()
    shown = page.locator("section.card").bounding_box() or {}
    below = page.locator(".k-table-card").bounding_box() or {}
    assert below["y"] - shown["y"] - shown["height"] >= 12, "the two cards stand apart"
    check_axe(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == text
    assert ApiClient(text).get("orders").status_code == 200
    page.get_by_role("button", name="Replace").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Online store")
    check_axe(page)
    dialog.get_by_role("button", name="Replace").click()
    expect(page.get_by_label("Key", exact=True)).not_to_have_value(text)
    newer = page.get_by_label("Key", exact=True).input_value()
    row = page.get_by_role("row").filter(has_text="Ends")
    row.get_by_role("button", name="Withdraw").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("row").filter(has_text="Withdrawn")).to_be_visible()
    assert ApiClient(text).get("orders").status_code == 401
    assert ApiClient(newer).get("orders").status_code == 200


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_keys_pass_axe_at_every_width(page, width, theme):
    page.set_viewport_size({"width": width, "height": 844})
    # The page follows the system; colours on their way to others would be no colours of ours.
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    for path in ("/shop/settings/api-keys/", "/shop/settings/api-keys/new/"):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        check_axe(page)
