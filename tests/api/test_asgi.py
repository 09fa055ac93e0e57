"""The same answers by ASGI, where a body may come in pieces and without its length."""

import asyncio
import json

import httpx
import pytest
from django.core.asgi import get_asgi_application
from django.db import connections, transaction

from crm.tenancy.context import tenant_scope
from inventory.factories import make_variant
from tests.api.conftest import make_key, order_body
from tests.fixtures.cast import found_company

MIB = 1024 * 1024


@pytest.fixture
def send(transactional_db):
    tenant = found_company("kram", "Крам")
    with tenant_scope(tenant.pk), transaction.atomic():
        make_variant("TEA-1", on_hand=10)
        key = make_key().key

    async def pieces(body: bytes):
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    async def post(body: bytes, chunked: bool) -> httpx.Response:
        transport = httpx.ASGITransport(app=get_asgi_application())
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            content = pieces(body) if chunked else body
            return await client.post("/api/v1/orders", content=content, headers=headers)

    yield lambda body, chunked: asyncio.run(post(body, chunked))
    connections.close_all()


@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_are_read_and_limited(send, chunked):
    fits = json.dumps(order_body()).encode()
    made = send(fits, chunked)
    assert (made.status_code, made.json()["number"]) == (201, 1)
    huge = send(fits + b" " * MIB, chunked)
    assert (huge.status_code, huge.json()["code"]) == (413, "body_too_large")
    assert send(fits + b" " * (6 * MIB), chunked).status_code == 413
