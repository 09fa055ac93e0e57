"""The frame in a real browser: panel and history, keys, palette, toasts, theme, axe."""

import pytest
from playwright.sync_api import Page, expect

from config.runtime.ports import wait_until
from crm.accounts.permissions import Permission
from crm.shell import palette
from tests.fixtures.browser import find_faults, signed_page
from tests.shell.conftest import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.shell.pages"),
]


@pytest.fixture
def page(browser, live_server, cast):
    """The list of things, signed in as the owner. A console error fails the test."""
    session = sign_in(cast.owner).cookies["kram_session"].value
    broken = "the server responded with a status of"  # some break on purpose
    with signed_page(browser, live_server.url, session, height=700, expected=broken) as page:
        page.goto("/pottery/things/?colour=blue")
        yield page


def panel_text(page: Page) -> str:
    return page.locator("#panel[data-open] .k-panel__body").inner_text()


def wait_panel(page: Page, number: int) -> None:
    # A closed one keeps what it held while it slides away.
    expect(page.locator("#panel[data-open] .k-panel__body")).to_have_text(f"Panel of {number}")


def wait_closed(page: Page) -> None:
    page.wait_for_selector("#panel:not([data-open])", state="attached")


def test_panel_keeps_the_list_and_the_history(page):
    page.evaluate("scrollTo(0, 300)")
    page.click("text=Thing 12")
    assert panel_text(page) == "Panel of 12"
    page.wait_for_url("**/pottery/things/12/")
    page.click("text=Thing 13")
    wait_panel(page, 13)
    page.go_back()
    wait_panel(page, 12)
    page.go_back()
    wait_closed(page)
    page.wait_for_url("**/pottery/things/?colour=blue")
    page.go_forward()
    wait_panel(page, 12)
    page.keyboard.press("Escape")
    wait_closed(page)
    page.wait_for_url("**/pottery/things/?colour=blue")
    assert wait_until(lambda: page.evaluate("scrollY") == 300, seconds=5)
    # The address of the panel is the address of the page.
    page.goto("/pottery/things/12/")
    assert page.locator("h1").inner_text() == "Whole page of 12"


def test_escape_ends_a_panel_that_is_on_its_way(page):
    held = []
    page.route("**/things/12/?panel=1", lambda route: held.append(route))
    page.click("text=Thing 12")
    assert wait_until(
        lambda: page.evaluate("location.pathname") == "/pottery/things/12/", seconds=5
    )
    page.keyboard.press("Escape")
    page.wait_for_url("**/pottery/things/?colour=blue")
    held[0].continue_()
    page.click("text=Thing 13")
    wait_panel(page, 13)


def test_modified_click_is_the_browsers(page):
    with page.context.expect_page() as other:
        page.click("text=Thing 12", modifiers=["ControlOrMeta"])
    other.value.wait_for_load_state()
    assert other.value.locator("h1").inner_text() == "Whole page of 12"
    assert page.locator("#panel[data-open]").count() == 0


def test_keys_work_in_the_ukrainian_layout(page):
    for _press in range(2):  # the key of J types «о» there
        page.evaluate(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', "
            "{key: 'о', code: 'KeyJ', bubbles: true, cancelable: true}))"
        )
    assert page.locator(".is-cursor").get_attribute("id") == "row-2"
    page.keyboard.press("KeyX")
    assert page.locator("#row-2 input").is_checked()
    page.keyboard.press("Enter")
    assert panel_text(page) == "Panel of 2"
    page.keyboard.press("KeyK")
    wait_panel(page, 1)


def test_keys_are_left_alone_while_typing(page):
    page.focus("#note")
    page.keyboard.type("jmx?")
    assert page.input_value("#note") == "jmx?"
    assert page.locator(".is-cursor").count() == 0
    assert page.locator(".k-toast").count() == 0
    assert page.locator("dialog[open]").count() == 0


def test_help_lists_the_keys_of_the_page(page):
    page.keyboard.press("?")
    rows = page.locator("#k-help-keys dt").all_inner_texts()
    assert "Move" in rows
    assert "Find anything" in rows
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_palette_finds_and_opens_in_the_panel(page, monkeypatch):
    monkeypatch.setattr(palette, "_providers", {})
    palette.register_palette_provider(
        "things",
        Permission.ORDERS_VIEW,
        lambda query, request: [
            palette.PaletteItem("First", "/pottery/things/1/", panel=True),
            palette.PaletteItem("Second", f"/pottery/things/{query}/", panel=True),
        ],
        label="Things",
    )
    page.keyboard.press("Control+k")
    page.keyboard.type("7")
    page.wait_for_selector("#palette-list >> text=Second")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_panel(page, 7)
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_toast_can_be_undone(page):
    page.keyboard.press("m")
    page.click(".k-toast__undo")
    page.wait_for_selector(".k-toast >> text=Moved back")
    expect(page.locator(".k-toast")).to_have_count(1)


def test_the_newest_toast_is_undone_by_its_key(page):
    page.keyboard.press("m")
    expect(page.locator(".k-toast__undo [data-undo-label]")).to_have_text("Undo")
    page.keyboard.press("m")
    expect(page.locator(".k-toast__undo")).to_have_count(2)
    expect(page.locator(".k-toast__undo .k-kbd:visible")).to_have_count(1)
    page.keyboard.press("z")
    page.wait_for_selector(".k-toast >> text=Moved back")
    # The other can be undone still; while something is typed the key is a letter.
    page.focus("#note")
    page.keyboard.type("z")
    assert page.input_value("#note") == "z"
    expect(page.locator(".k-toast__undo")).to_have_count(1)


def test_error_is_told_and_what_was_typed_is_kept(page):
    page.fill("#note", "my words")
    page.click("#break")
    assert "Something broke on our side" in page.inner_text(".k-toast--error")
    assert page.input_value("#note") == "my words"
    page.press("#note", "Enter")
    page.wait_for_selector("text=Wrong note: my words")


def test_theme_is_kept_over_a_reload(page):
    assert page.get_attribute("html", "data-bs-theme") == "light"
    page.click("#side .k-user")
    with page.expect_response("**/preferences/"):
        page.click("[data-set-theme=dark]")
    assert page.get_attribute("html", "data-bs-theme") == "dark"
    page.reload()
    assert page.get_attribute("html", "data-bs-theme") == "dark"


def test_the_drawer_gives_the_focus_back(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.locator("#side .k-switch").first).to_be_focused()
    # Escape shuts a menu of it first, then the drawer.
    page.locator("#side .k-user").press("Enter")
    expect(page.locator("#k-user")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#k-user")).to_be_hidden()
    expect(page.locator("#side")).to_have_attribute("data-open", "")
    page.keyboard.press("Escape")
    expect(page.locator("#side")).not_to_have_attribute("data-open", "")
    expect(page.get_by_role("button", name="More", exact=True)).to_be_focused()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page, width, theme):
    page.context.add_cookies([{"name": "kram_theme", "value": theme, "url": page.url}])
    page.set_viewport_size({"width": width, "height": 844})
    page.reload()
    assert find_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
