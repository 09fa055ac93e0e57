"""Hints: shown until got, switched off and on, each member's own, at no cost to the database."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.accounts.models import Membership
from crm.accounts.permissions import Role
from crm.shell.hints import HINTS
from inventory.factories import make_variant
from tests.fixtures.cast import hire

SCREENS = {
    "orders": "/shop/orders/",
    "board": "/shop/orders/board/",
    "card": "/shop/orders/1/",
    "new-order": "/shop/orders/new/",
    "stock": "/shop/stock/",
    "settings": "/shop/settings/",
}
HINTS_URL = "/shop/hints/"


@pytest.fixture
def browser(shop, owner, client_of):
    browser = client_of(owner)
    make_variant("TEA", product="Чай")
    browser.post("/shop/orders/sample/")
    return browser


def shown(browser) -> set[str]:
    """The screens on which a hint is shown."""
    pages = {name: browser.get(url).content.decode() for name, url in SCREENS.items()}
    for name, html in pages.items():
        assert ('class="k-hint"' in html) == (f'name="close" value="{name}"' in html)
    return {name for name, html in pages.items() if 'class="k-hint"' in html}


def test_every_screen_has_its_hint_until_it_is_got(browser):
    assert set(SCREENS) == set(HINTS) == shown(browser)
    answer = browser.post(HINTS_URL, {"close": "board", "next": "/shop/orders/board/"})
    assert answer.headers["Location"] == "/shop/orders/board/"
    browser.post(HINTS_URL, {"close": "board"})
    browser.post(HINTS_URL, {"close": "no-such"})
    assert Membership.objects.get(role=Role.OWNER).hints_closed == ["board"]
    assert shown(browser) == set(HINTS) - {"board"}


def test_they_are_switched_off_and_on_again(browser):
    browser.post(HINTS_URL, {"close": "board"})
    assert browser.post(HINTS_URL, {"all": "off"}).status_code == 303
    assert shown(browser) == set()
    assert 'name="all" value="on"' in browser.get("/shop/stock/").content.decode()
    browser.post(HINTS_URL, {"all": "on"})
    assert shown(browser) == set(HINTS)


def test_one_members_choice_is_not_anothers(shop, browser, client_of):
    colleague = client_of(hire(shop, Role.ADMIN))
    browser.post(HINTS_URL, {"all": "off"})
    assert shown(browser) == set()
    assert shown(colleague) == set(HINTS)


def test_nobody_is_hinted_at_what_they_may_not_do(shop, browser, client_of):
    assert {"orders", "board", "card", "stock"} <= shown(browser)
    assert shown(client_of(hire(shop, Role.ANALYST))) == {"stock"}
    assert shown(client_of(hire(shop, Role.WAREHOUSE_LEAD))) == {"card", "stock"}


def test_by_htmx_only_the_strip_goes(browser):
    answer = browser.post(HINTS_URL, {"close": "orders"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert shown(browser) == set(HINTS) - {"orders"}


def test_it_leads_nowhere_else(browser):
    answer = browser.post(HINTS_URL, {"close": "orders", "next": "https://elsewhere.example/"})
    assert answer.headers["Location"] == "/shop/"


@pytest.mark.parametrize("screen", SCREENS)
def test_they_cost_no_statement(browser, screen):
    counts = []
    for choice in ("on", "off"):
        browser.post(HINTS_URL, {"all": choice})
        browser.get(SCREENS[screen])
        with CaptureQueriesContext(connection) as queries:
            html = browser.get(SCREENS[screen]).content.decode()
        assert ('class="k-hint"' in html) == (choice == "on")
        counts.append(len(queries))
    assert counts[0] == counts[1]
