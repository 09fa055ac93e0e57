"""The OpenAPI description tells the truth, the whole of it."""

import json
import re
from pathlib import Path

import pytest
from django.utils import timezone
from drf_spectacular.drainage import GENERATOR_STATS
from jsonschema import Draft202012Validator

from crm.api.codes import PROBLEMS, VALUES
from crm.api.web.docs import schema_text
from crm.outbox.drain import drain_tenant
from crm.webhooks.actions.publish import publish_events
from tests.api.conftest import order_body

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def schema():
    return json.loads(schema_text())


def test_it_is_made_without_a_warning():
    schema_text.cache_clear()
    GENERATOR_STATS.reset()
    schema_text()
    assert dict(GENERATOR_STATS._warn_cache) == {}
    assert dict(GENERATOR_STATS._error_cache) == {}


def test_it_is_openapi_3_1_with_both_ways_in(schema):
    assert schema["openapi"] == "3.1.0"
    schemes = schema["components"]["securitySchemes"]
    assert schemes["apiKey"]["scheme"] == "bearer"
    assert schemes["session"]["in"] == "cookie"


def _operations(schema):
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            yield f"{method} {path}", operation


def test_every_operation_tells_its_errors_and_headers(schema):
    found = list(_operations(schema))
    assert len(found) > 25
    for name, operation in found:
        responses = operation["responses"]
        wanted = {"400", "401", "403", "406", "429", "500"}
        if not name.startswith("get"):
            wanted |= {"409", "413", "415", "422"}
        if "{" in name:
            wanted.add("404")
        assert wanted <= set(responses), name
        for status, response in responses.items():
            assert "X-Request-ID" in response["headers"], name
            if status >= "400":
                assert set(response["content"]) == {"application/problem+json"}, name
        if name.startswith("post"):
            assert "Idempotency-Key" in {p["name"] for p in operation["parameters"]}, name
        assert operation["summary"], name
        assert "Scope: `" in operation["description"], name


def test_examples_are_valid(schema):
    checked = 0
    for name, operation in _operations(schema):
        contents = [operation.get("requestBody", {}).get("content", {})]
        contents += [r.get("content", {}) for r in operation["responses"].values()]
        for content in contents:
            for media in content.values():
                for example in media.get("examples", {}).values():
                    _validate(schema, media["schema"], example["value"], name)
                    checked += 1
    assert checked >= 8


def _validate(schema, part, value, name=""):
    whole = {**part, "components": schema["components"]}
    errors = [e.message for e in Draft202012Validator(whole).iter_errors(value)]
    assert not errors, f"{name}: {errors}"


def _closed(part):
    """The same schema, with unknown members of answers refused, and parts of objects."""
    if isinstance(part, dict):
        if "anyOf" in part and part["anyOf"][-1].get("$ref", "").endswith("Part"):
            return _closed(part["anyOf"][0])
        closed = {key: _closed(value) for key, value in part.items()}
        if closed.get("type") == "object" and "properties" in closed:
            closed.setdefault("additionalProperties", False)
        return closed
    return [_closed(item) for item in part] if isinstance(part, list) else part


def test_answers_are_what_is_described(schema, shop, api, tea, cup, manager):
    closed = _closed(schema)
    body = order_body(
        {"sku": "TEA-1", "quantity": 12}, {"name": "x", "quantity": 1},
        tags=["a"], payment={"method": "card", "amount": {"amount": "5.00"}},
    )  # fmt: skip
    order = api.post("orders", body).json()
    api.post("orders", body)
    api.patch(f"orders/{order['id']}", {"manager_id": str(manager.pk)})
    api.post(f"orders/{order['id']}/notes", {"text": "x"})
    reason = api.get("cancel-reasons").json()["results"][0]["id"]
    api.post(f"orders/{order['id']}/moves", {"to": "cancelled", "reason_id": reason})
    everything = "expand=customer,lines,payments,transitions,notes"
    product = api.get("products").json()["results"][0]
    webhook = {"url": "https://shop.example/hooks", "all_events": True}
    endpoint = api.post("webhook-endpoints", webhook).json()
    drain_tenant(shop.pk)
    publish_events(now=timezone.now())
    paths = {
        "/orders": f"orders?{everything}",
        "/orders/{order_id}": f"orders/{order['id']}?{everything}",
        "/customers": "customers",
        "/customers/{customer_id}": f"customers/{order['customer']['id']}",
        "/products": "products",
        "/products/{product_id}": f"products/{product['id']}",
        "/variants": "variants",
        "/variants/{variant_id}": f"variants/{product['variants'][0]['id']}",
        "/stock": "stock",
        "/channels": "channels",
        "/statuses": "statuses",
        "/cancel-reasons": "cancel-reasons",
        "/warehouses": "warehouses",
        "/events": "events",
        "/webhook-endpoints": "webhook-endpoints",
        "/webhook-endpoints/{endpoint_id}": f"webhook-endpoints/{endpoint['id']}",
    }
    described = {
        path.removeprefix("/api/v1") for path in schema["paths"] if "get" in schema["paths"][path]
    }
    assert described == set(paths)
    for path, url in paths.items():
        operation = closed["paths"][f"/api/v1{path}"]["get"]
        part = operation["responses"]["200"]["content"]["application/json"]["schema"]
        answer = api.get(url).json()
        _validate(closed, part, answer, path)
        if "results" in answer:
            assert answer["results"], path


def test_the_documentation_lists_every_code():
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \|", text, re.MULTILINE)
    assert rows == [
        (str(kind.status), kind.code)
        for kind in sorted(PROBLEMS.values(), key=lambda kind: kind.status)
    ]
    listed = text.split("Codes of single values:")[1].split("\n\n")[0]
    assert re.findall(r"`(\w+)`", listed) == list(VALUES)
