"""The API's pages in a real browser: nothing is blocked by the strict policy, axe is content."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from crm.tenancy.context import tenant_scope
from tests.api.conftest import ApiClient
from tests.fixtures.cast import found_company, hire

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright's loop runs in this thread, where Django would see async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as play:
            found = shutil.which("chromium") or shutil.which("google-chrome")
            browser = play.chromium.launch(executable_path=found, args=FLAGS)
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A page of the owner's browser. What the console complains of fails the test."""
    tenant = found_company("shop", "Крамниця")
    with tenant_scope(tenant.pk), transaction.atomic():
        owner = hire(tenant, "owner", name="Оксана Власник")
    client = Client()
    client.force_login(owner.user)
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale="en", base_url=live_server.url
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    for name, value in ((settings.SESSION_COOKIE_NAME, session), ("kram_language", "en")):
        context.add_cookies([{"name": name, "value": value, "url": live_server.url}])
    page = context.new_page()
    page.set_default_timeout(15_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    yield page
    context.close()
    assert complaints == []


def check_axe(page: Page) -> None:
    page.evaluate(AXE.read_text())
    result = page.evaluate("axe.run()")
    assert len(result["passes"]) > 10
    serious = [f for f in result["violations"] if f["impact"] in {"serious", "critical"}]
    assert [(f["id"], [n["html"][:200] for n in f["nodes"]]) for f in serious] == []
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
    page.get_by_label("Read orders").check()
    check_axe(page)
    page.get_by_role("button", name="Make the key").click()
    text = page.get_by_label("Key", exact=True).input_value()
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
