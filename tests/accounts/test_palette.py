"""Ctrl-K leads to every place of the settings that the reader may enter, and to their own pages."""

import re

import pytest

from crm.accounts.web.settings import places_of
from crm.tenancy.context import tenant_scope

URL = "/shop/palette/"


def found(client, query):
    client.cookies["kram_language"] = "uk"
    page = client.get(URL, {"q": query}).content.decode()
    return re.findall(r'href="([^"]+)"', page)


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ("співроб", "/shop/settings/members/"),
        ("members", "/shop/settings/members/"),
        ("Запросити співр", "/shop/settings/members/invite/"),
        ("журнал дій", "/shop/settings/audit/"),
        ("імпорт", "/shop/settings/import/"),
        ("валют", "/shop/settings/company/"),
        ("endpoints", "/shop/settings/webhooks/"),
    ],
)
def test_settings_are_found_by_those_who_may_enter(owner, manager, client_of, query, url):
    assert url in found(client_of(owner), query)
    assert url not in found(client_of(manager), query)


def test_every_place_of_the_settings_is_found_once_by_its_name(shop, owner, client_of):
    client = client_of(owner)
    with tenant_scope(shop.pk):
        places = places_of(owner)
    assert len(places) > 15
    for page, url in places:
        assert found(client, str(page.label)).count(url) == 1, page.label


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ("профіль", "/profile/"),
        ("мої компанії", "/companies/"),
        ("сеанс", "/profile/sessions/"),
        ("totp", "/profile/two-step/"),
        ("mail", "/shop/notifications/choices/"),
    ],
)
def test_everybody_finds_their_own_pages(picker, client_of, query, url):
    assert url in found(client_of(picker), query)
    assert url not in found(client_of(picker), "zzzz")
