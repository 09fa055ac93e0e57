"""A WooCommerce store connected to the shop, and its deliveries as the vendor sends them."""

import json
import uuid
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.tenancy.models import Tenant
from integrations.ingress.handle import handle_delivery
from integrations.models import Connection, InboundDelivery
from integrations.woocommerce.provider import sign
from inventory.factories import make_variant
from inventory.models import Variant
from orders.models import Channel

SECRET = "s3cr3t-woo"

ORDER: dict[str, Any] = {
    "id": 728,
    "number": "728",
    "status": "processing",
    "currency": "UAH",
    "date_created_gmt": "2026-04-09T09:20:59",
    "date_modified_gmt": "2026-04-09T09:21:05",
    "date_paid_gmt": None,
    "discount_total": "100.00",
    "shipping_total": "80.00",
    "total": "2380.00",
    "total_tax": "0.00",
    "billing": {
        "first_name": "Олена",
        "last_name": "Петренко",
        "address_1": "вул. Прикладна, 1",
        "city": "Київ",
        "email": "olena@example.com",
        "phone": "+380670000001",
    },
    "shipping": {
        "first_name": "Олена",
        "last_name": "Петренко",
        "address_1": "Відділення №12",
        "city": "Київ",
        "phone": "",
    },
    "payment_method": "cod",
    "transaction_id": "",
    "customer_note": "Подзвоніть, будь ласка",
    "meta_data": [
        {"id": 1, "key": "_wc_order_attribution_utm_source", "value": "google"},
        {
            "id": 2,
            "key": "_wc_order_attribution_session_entry",
            "value": "https://shop.example/?utm_source=google&gclid=abc",
        },
    ],
    "line_items": [
        {
            "id": 315,
            "name": "Футболка - Чорний, M &ndash; унісекс",
            "quantity": 2,
            "subtotal": "2400.00",
            "total": "2300.00",
            "total_tax": "0.00",
            "sku": "TS-BLK-M",
            "price": 1150,
        }
    ],
    "shipping_lines": [{"method_title": "Нова Пошта", "method_id": "nova_poshta_shipping"}],
    "fee_lines": [],
}


@pytest.fixture
def shirt(shop: Tenant) -> Variant:
    return make_variant("TS-BLK-M", product="Футболка", on_hand=5, price=Decimal(1200))


@pytest.fixture
def woo(shop: Tenant) -> Connection:
    return Connection.objects.create(
        kind="woocommerce",
        name="shop.example",
        channel=Channel.objects.get(code="site"),
        token="tok3n",
        secrets={"webhook_secret": SECRET},
    )


def order_body(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(ORDER), **changes}


@pytest.fixture
def deliver(woo: Connection) -> Callable[..., Any]:
    """Post a delivery as WooCommerce does and return the response."""

    def post(
        data: Any,
        *,
        topic: str = "order.created",
        secret: str = SECRET,
        delivery_id: str = "",
        path: str = "/in/shop/tok3n/",
    ) -> Any:
        # PHP's json_encode: escaped slashes and non-ASCII.
        body = data if isinstance(data, bytes) else json.dumps(data).replace("/", "\\/").encode()
        return Client().post(
            path,
            data=body,
            content_type="application/json",
            headers={
                "X-WC-Webhook-Topic": topic,
                "X-WC-Webhook-Signature": sign(secret, body),
                "X-WC-Webhook-Delivery-ID": delivery_id or uuid.uuid4().hex,
                "X-WC-Webhook-Source": "https://shop.example/",
            },
        )

    return post


@pytest.fixture
def send(deliver: Callable[..., Any]) -> Callable[..., InboundDelivery]:
    """Post a delivery, handle it as the job does, and return its row."""

    def post_and_handle(data: Any, **kwargs: Any) -> InboundDelivery:
        response = deliver(data, **kwargs)
        assert response.status_code == 200, response.content
        delivery_id = int(response.json()["delivery"])
        handle_delivery(delivery_id=delivery_id, now=timezone.now())
        return InboundDelivery.objects.get(id=delivery_id)

    return post_and_handle
