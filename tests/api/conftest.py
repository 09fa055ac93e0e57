"""A key of the shop, and a client that calls the API with it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.api.actions import create_key
from crm.api.models import Scope
from crm.audit.actor import Actor
from crm.tenancy.models import Tenant
from inventory.factories import make_variant
from inventory.models import Variant
from orders.models import Channel

ACTOR = Actor.system("test")
ALL = tuple(Scope.values)


class ApiClient:
    """Calls /api/v1/ as a storefront does."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.client = Client()

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        if self.key:
            headers.setdefault("authorization", f"Bearer {self.key}")
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        extra: dict[str, Any] = {}
        if data is not None:
            body = data if isinstance(data, str | bytes) else json.dumps(data)
            extra = {"data": body, "content_type": headers.pop("type", "application/json")}
        url = path if path.startswith(("/api", "http")) else f"/api/v1/{path}"
        return self.client.generic(method, url, headers=headers, **extra)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, data: Any, **headers: str) -> Any:
        return self.call("POST", path, data, **headers)

    def patch(self, path: str, data: Any, **headers: str) -> Any:
        return self.call("PATCH", path, data, **headers)


def make_key(*scopes: str, channel: str = "", name: str = "Storefront") -> ApiClient:
    """A key of the company in scope."""
    _key, text = create_key(
        name=name, scopes=scopes or ALL, channel_code=channel, actor=ACTOR, now=timezone.now()
    )
    return ApiClient(text)


@pytest.fixture
def api(shop: Tenant) -> ApiClient:
    """A key of the shop with every scope."""
    return make_key()


@pytest.fixture
def tea(shop: Tenant) -> Variant:
    return make_variant("TEA-1", product="Чай", price=189, on_hand=10)


@pytest.fixture
def cup(shop: Tenant) -> Variant:
    return make_variant("CUP-1", product="Чашка", price=620, on_hand=5)


@pytest.fixture
def euro_channel(shop: Tenant) -> Channel:
    return Channel.objects.create(name="Market", code="market", kind="marketplace", currency="EUR")


def order_body(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The body of an order of one tea, unless other lines are given."""
    return {
        "channel": "site",
        "customer": {"name": "Олена Шевченко", "phone": "067 123 45 67"},
        "lines": list(lines) or [{"sku": "TEA-1", "quantity": 1}],
        **more,
    }


@pytest.fixture
def count_statements() -> Callable[[], CaptureQueriesContext]:
    return lambda: CaptureQueriesContext(connection)


@pytest.fixture
def wsgi_app() -> Iterator[Any]:
    """The application as a server calls it, on the test's own connection."""
    both = (signals.request_started, signals.request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in both:
        signal.connect(close_old_connections)
