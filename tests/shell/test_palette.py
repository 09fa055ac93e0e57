"""The palette finds only what the member may open."""

import pytest

from crm.accounts.permissions import Permission
from crm.shell import palette
from crm.shell.nav import NavItem, register_nav
from tests.shell.conftest import sign_in

URL = "/pottery/palette/"


@pytest.fixture
def secrets(monkeypatch):
    """A provider and an action that need `stock.correct`; the provider's queries are kept."""
    asked: list[str] = []

    def find(query, request):
        asked.append(query)
        return [palette.PaletteItem(f"Count {query}", "/pottery/stock/count/", icon="package")]

    monkeypatch.setattr(palette, "_providers", {})
    monkeypatch.setattr(palette, "_actions", [])
    palette.register_palette_provider("counts", Permission.STOCK_CORRECT, find, label="Counts")
    palette.register_palette_action(
        palette.PaletteAction("Start a recount", "shell:home", Permission.STOCK_CORRECT)
    )
    return asked


def test_provider_answers_those_who_may(cast, secrets):
    page = sign_in(cast.owner).get(URL, {"q": "  A-12 "}).content.decode()
    assert "Count A-12" in page
    assert 'href="/pottery/stock/count/"' in page
    assert secrets == ["A-12"]


def test_provider_is_not_asked_for_those_who_may_not(cast, secrets):
    page = sign_in(cast.picker).get(URL, {"q": "A-12"}).content.decode()
    assert "Count" not in page
    assert "Nothing found for “A-12”" in page
    assert secrets == []


def test_action_is_offered_to_those_who_may(cast, secrets):
    assert "Start a recount" in sign_in(cast.owner).get(URL).content.decode()
    assert "Start a recount" not in sign_in(cast.picker).get(URL).content.decode()
    assert secrets == []  # nothing was asked for: no provider is troubled


def test_page_is_found_by_its_english_name_in_every_language(cast, secrets, monkeypatch):
    monkeypatch.setattr("crm.shell.nav._items", [])
    register_nav(
        NavItem("h", "Storehouse", "box", "shell:home", Permission.STOCK_VIEW, "warehouse", "g h")
    )
    register_nav(NavItem("o", "Ledger", "box", "shell:home", Permission.AUDIT_VIEW, "company"))
    client = sign_in(cast.picker)
    client.cookies["kram_language"] = "uk"
    page = client.get(URL, {"q": "STORE"}).content.decode()
    assert "Storehouse" in page
    assert "<kbd" in page
    assert "Ledger" not in client.get(URL, {"q": "ledger"}).content.decode()
    assert "Ledger" in sign_in(cast.owner).get(URL, {"q": "ledger"}).content.decode()


def test_query_is_shown_as_text(cast, secrets):
    page = sign_in(cast.owner).get(URL, {"q": "<img src=x>"}).content.decode()
    assert "<img" not in page
    assert "Count &lt;img src=x&gt;" in page


def test_neighbour_finds_nothing(cast, secrets):
    assert sign_in(cast.owner).get(URL, {"q": "A"}).status_code == 200
    assert sign_in(cast.stranger).get(URL, {"q": "A"}).status_code == 404


def test_what_is_named_exactly_so_goes_first(rf, cast, monkeypatch):
    def people(_query, _request):
        return [palette.PaletteItem("+380 67 000 31 47")]

    def orders(query, _request):
        return [palette.PaletteItem(name, exact=name == query) for name in ("13147", "3147")]

    monkeypatch.setattr(palette, "_providers", {})
    palette.register_palette_provider("people", None, people, label="People")
    palette.register_palette_provider("orders", None, orders, label="Orders")
    monkeypatch.setattr(palette, "_find_actions", lambda *_args: [])
    monkeypatch.setattr(palette, "_find_pages", lambda *_args: [])
    request = rf.get("/")
    request.membership = cast.owner

    def titles(query):
        groups = palette.find_groups(query, request)
        return [[item.title for item in items] for _label, items in groups]

    assert titles("3147") == [["3147", "13147"], ["+380 67 000 31 47"]]
    assert titles("314") == [["+380 67 000 31 47"], ["13147", "3147"]]
