"""Who may call what: every address of the API with every kind of caller."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from crm.accounts.permissions import Permission
from crm.api.callers import PERMISSION_OF_SCOPE
from crm.api.models import Scope
from tests.api.conftest import ApiClient, make_key, order_body

METHODS = ("get", "post", "patch", "put", "delete")


def _patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern, path)
        else:
            yield path, pattern


def _endpoints() -> list[tuple[str, str, type]]:
    found = []
    for path, pattern in _patterns(get_resolver()):
        if path.startswith("api/v1/"):
            view = pattern.callback.cls
            path = path.replace("<id:order_id>", "999").replace("<id:customer_id>", "999")
            path = path.replace("<id:product_id>", "999").replace("<id:variant_id>", "999")
            path = path.replace("<id:endpoint_id>", "999")
            assert "<" not in path, path
            found += [(path, method, view) for method in METHODS if hasattr(view, method)]
    return found


ENDPOINTS = _endpoints()
IDS = [f"{method} {path}" for path, method, _view in ENDPOINTS]


def test_there_are_endpoints():
    assert len(ENDPOINTS) > 25


@pytest.mark.parametrize(("path", "method", "view"), ENDPOINTS, ids=IDS)
def test_every_method_declares_its_scope(path, method, view):
    assert view.access[method] in Scope.values


@pytest.mark.parametrize(("path", "method", "view"), ENDPOINTS, ids=IDS)
def test_nobody_without_the_scope_gets_in(shop, neighbour, path, method, view):
    scope = view.access[method]
    body = {} if method in {"post", "patch"} else None
    url = f"/{path}"
    allowed = make_key(scope).call(method.upper(), url, body)
    assert allowed.status_code in {200, 404, 422}, allowed.content
    others = [s for s in Scope.values if s != scope]
    refused = make_key(*others).call(method.upper(), url, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    assert refused.json()["scope"] == scope
    stranger = ApiClient("").call(method.upper(), url, body)
    assert (stranger.status_code, stranger.json()["code"]) == (401, "not_authenticated")


def test_a_method_that_is_not_declared_is_denied(shop, api, monkeypatch):
    from orders.api.setup_views import ChannelsView

    assert api.get("channels").status_code == 200
    monkeypatch.setattr(ChannelsView, "access", {})
    response = api.get("channels")
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


# --- Members by their browser session ---------------------------------------------------------


def _as_member(client, slug="shop"):
    def call(method, path, data=None, **headers):
        headers.setdefault("x-kram-company", slug)
        extra = {"data": data, "content_type": "application/json"} if data is not None else {}
        return getattr(client, method)(f"/api/v1/{path}", headers=headers, **extra)

    return call


def test_a_member_may_do_what_the_role_allows(shop, manager, picker, client_of, tea):
    by_manager, by_picker = _as_member(client_of(manager)), _as_member(client_of(picker))
    made = by_manager("post", "orders", order_body())
    assert made.status_code == 201
    assert by_manager("get", "orders").json()["results"][0]["id"] == made.json()["id"]
    for method, path, data in [
        ("get", "orders", None),
        ("post", "orders", order_body()),
        ("post", f"orders/{made.json()['id']}/moves", {"to": "cancelled"}),
    ]:
        refused = by_picker(method, path, data)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), path
    assert by_picker("get", "stock").status_code == 200


def test_cancelling_needs_its_own_permission(
    shop, manager, warehouse_lead, client_of, api, tea, monkeypatch
):
    order = api.post("orders", order_body()).json()
    reason = api.get("cancel-reasons").json()["results"][0]["id"]
    body = {"to": "cancelled", "reason_id": reason}
    # The warehouse lead moves orders and may not cancel them.
    assert warehouse_lead.can(Permission.ORDERS_MOVE)
    refused = _as_member(client_of(warehouse_lead))("post", f"orders/{order['id']}/moves", body)
    assert refused.status_code == 403
    assert api.get(f"orders/{order['id']}").json()["stage"] == "new"
    done = _as_member(client_of(manager))("post", f"orders/{order['id']}/moves", body)
    assert (done.status_code, done.json()["stage"]) == (200, "cancelled")


def test_a_session_writes_only_with_the_csrf_token(shop, manager, tea):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(manager.user)
    call = _as_member(client)
    refused = call("post", "orders", order_body())
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    assert call("get", "orders").json()["results"] == []
    token = "a" * 32
    client.cookies["kram_csrf"] = token
    assert call("post", "orders", order_body(), **{"x-csrftoken": token}).status_code == 201


def test_a_session_is_nothing_in_another_company(shop, neighbour, owner, client_of):
    client = client_of(owner)
    assert _as_member(client)("get", "orders").status_code == 200
    foreign = _as_member(client, slug="neighbour")("get", "orders")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "forbidden")
    unnamed = client.get("/api/v1/orders")
    assert unnamed.status_code == 403


def test_costs_are_for_those_who_keep_the_catalogue(shop, api, owner, manager, client_of):
    api.post(
        "products",
        {
            "name": "Чай",
            "variants": [
                {
                    "sku": "T",
                    "price": {"amount": "10.00"},
                    "cost": {"amount": "4.00", "currency": "UAH"},
                }
            ],
        },
    )

    def seen(call):
        return call("get", "variants?sku=T").json()["results"][0]

    assert seen(_as_member(client_of(owner)))["cost"] == {"amount": "4.00", "currency": "UAH"}
    assert "cost" not in seen(_as_member(client_of(manager)))
    assert "cost" in api.get("variants?sku=T").json()["results"][0]
    assert "cost" not in make_key("products:read").get("variants?sku=T").json()["results"][0]


def test_scopes_have_a_permission_each():
    assert set(PERMISSION_OF_SCOPE) == set(Scope.values)
