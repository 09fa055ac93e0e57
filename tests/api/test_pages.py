"""The documentation for developers, and the pages of a company's keys."""

import re

import pytest

from crm.api.codes import PROBLEMS
from crm.api.models import ApiKey
from orders.models import Channel
from tests.api.conftest import ApiClient, make_key


def test_the_documentation_needs_nothing_from_outside_and_nothing_inline(client, db):
    response = client.get("/api/docs/")
    html = response.content.decode()
    assert response.status_code == 200
    for address in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert address.startswith("/"), address
    assert not re.findall(r"<script(?![^>]*src=)", html)
    assert "<style" not in html
    assert " style=" not in html
    for address in re.findall(r'"(/static/[^"]+)"', html):
        assert client.get(address).status_code == 200, address


def test_the_schema_is_served(client, db):
    response = client.get("/api/schema/")
    assert response["Content-Type"] == "application/vnd.oai.openapi+json"
    assert response.json()["openapi"] == "3.1.0"
    again = client.get("/api/schema/", headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304


def test_every_code_is_explained_where_its_type_points(client, db):
    html = client.get("/api/docs/errors/").content.decode()
    for code in PROBLEMS:
        assert f'id="{code}"' in html
    assert "<code>next</code>" in html
    assert "`" not in html


@pytest.mark.parametrize("path", ["/api/docs/", "/api/schema/", "/api/docs/errors/"])
def test_pages_of_the_documentation_only_read(client, db, path):
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 405


def test_a_key_is_made_shown_once_and_works(shop, owner, client_of):
    client = client_of(owner)
    empty = client.get("/shop/settings/api-keys/").content.decode()
    assert "kram_" not in empty
    made = client.post(
        "/shop/settings/api-keys/new/",
        {"name": "Сайт", "scopes": ["orders:read", "orders:write"], "channel": "site"},
    )
    assert (made.status_code, made["Location"]) == (303, "/shop/settings/api-keys/")
    shown = client.get("/shop/settings/api-keys/")
    (text,) = re.findall(r'value="(kram_[^"]+)"', shown.content.decode())
    assert shown["Cache-Control"] == "no-store"
    key = ApiKey.objects.get()
    assert (key.name, key.scopes, key.channel_code) == (
        "Сайт", ["orders:read", "orders:write"], "site",
    )  # fmt: skip
    assert key.created_by_id == owner.pk
    assert ApiClient(text).get("orders").status_code == 200
    assert ApiClient(text).get("customers").status_code == 403
    again = client.get("/shop/settings/api-keys/").content.decode()
    assert text not in again
    assert key.prefix in again


def test_the_session_holds_the_key_only_sealed(shop, owner, client_of):
    client = client_of(owner)
    client.post("/shop/settings/api-keys/new/", {"name": "x", "scopes": ["orders:read"]})
    kept = client.session["api-key"]
    assert set(kept) == {"tenant", "name", "sealed"}
    page = client.get("/shop/settings/api-keys/").content.decode()
    (text,) = re.findall(r'value="(kram_[^"]+)"', page)
    assert text not in str(kept)


def test_the_list_names_the_channel_as_people_do(shop, owner, client_of, count_statements):
    make_key("orders:read", name="Будь-який")
    Channel.objects.filter(code="phone").update(name="Телефоном", is_active=False)
    key = make_key("orders:read", channel="phone", name="Лінія")
    with count_statements() as few:
        page = client_of(owner).get("/shop/settings/api-keys/").content.decode()
    cells = re.findall(r'<td class="k-hide-m">(?:<span[^>]*>)?([^<]+)<', page)
    assert cells == ["Телефоном", "будь-який"]
    # A channel that is out of use is named, and no new key can have it.
    assert "Телефоном" not in client_of(owner).get("/shop/settings/api-keys/new/").content.decode()
    assert key.get("orders").status_code == 200
    for place in range(5):
        make_key("orders:read", channel="site", name=str(place))
    with count_statements() as many:
        client_of(owner).get("/shop/settings/api-keys/")
    assert len(many) == len(few)


@pytest.mark.parametrize(
    "data",
    [
        {"name": "", "scopes": ["orders:read"]},
        {"name": "x"},
        {"name": "x", "scopes": ["root"]},
        {"name": "x", "scopes": ["orders:read"], "channel": "moon"},
    ],
)
def test_a_wrong_form_is_given_back(shop, owner, client_of, data):
    client = client_of(owner)
    response = client.post("/shop/settings/api-keys/new/", data)
    assert response.status_code == 422
    assert "k-field__error" in response.content.decode()
    assert not ApiKey.objects.exists()


def test_a_key_is_replaced_and_withdrawn(shop, owner, client_of):
    api = make_key("orders:read")
    client = client_of(owner)
    old = ApiKey.objects.get()
    client.post(f"/shop/settings/api-keys/{old.pk}/rotate/", {"overlap": "24"})
    page = client.get("/shop/settings/api-keys/").content.decode()
    (text,) = re.findall(r'value="(kram_[^"]+)"', page)
    assert api.get("orders").status_code == 200
    assert ApiClient(text).get("orders").status_code == 200
    client.post(f"/shop/settings/api-keys/{old.pk}/revoke/")
    assert api.get("orders").status_code == 401
    assert ApiClient(text).get("orders").status_code == 200
    new = ApiKey.objects.exclude(pk=old.pk).get()
    client.post(f"/shop/settings/api-keys/{new.pk}/rotate/", {"overlap": "0"})
    assert ApiClient(text).get("orders").status_code == 401
    client.post(f"/shop/settings/api-keys/{old.pk}/rotate/", {"overlap": "24"})
    assert ApiKey.objects.count() == 3


def test_only_those_who_manage_connections_see_keys(
    shop, owner, manager, neighbour_owner, client_of
):
    make_key("orders:read")
    key = ApiKey.objects.get()
    for member, status in ((owner, 200), (manager, 403), (neighbour_owner, 404)):
        client = client_of(member)
        assert client.get("/shop/settings/api-keys/").status_code == status
        assert client.get("/shop/settings/api-keys/new/").status_code == status
    for member in (manager, neighbour_owner):
        for verb in ("rotate", "revoke"):
            client_of(member).post(f"/shop/settings/api-keys/{key.pk}/{verb}/")
    key.refresh_from_db()
    assert (key.revoked_at, key.expires_at, ApiKey.objects.count()) == (None, None, 1)
