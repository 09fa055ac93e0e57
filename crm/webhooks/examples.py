"""What events say of each kind of object, by example. A test holds the real ones against it."""

from typing import Any

_AT = "2026-03-02T09:15:04.120000+00:00"


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "UAH"}


OBJECTS: dict[str, dict[str, Any]] = {
    "order": {
        "id": "5121",
        "number": 1043,
        "external_id": "10873",
        "channel": "site",
        "stage": "agreed",
        "status": "Погоджено",
        "status_id": "4",
        "customer_id": "311",
        "manager_id": "12",
        "total": _money("1249.50"),
        "paid": _money("0.00"),
        "refunded": _money("0.00"),
        "returned_total": _money("0.00"),
        "is_short": False,
        "problems": [],
        "version": 3,
        "placed_at": _AT,
        "updated_at": _AT,
    },
    "pick_list": {"id": "77", "order_id": "5121", "picker_id": "9", "state": "open"},
    "customer": {
        "id": "311",
        "language": "uk",
        "is_blocked": False,
        "created_at": _AT,
        "updated_at": _AT,
    },
    "product": {
        "id": "88",
        "name": "Чай «Карпати»",
        "brand": "Карпати",
        "category": "Чай",
        "is_active": True,
        "updated_at": _AT,
    },
    "variant": {
        "id": "204",
        "product_id": "88",
        "sku": "CHAI-KARPATY-100",
        "name": "100 г",
        "price": _money("189.00"),
        "is_active": True,
        "updated_at": _AT,
    },
    "stock_document": {
        "id": "61",
        "kind": "receipt",
        "number": 18,
        "warehouse": "main",
        "created_at": _AT,
        "levels": [
            {
                "variant_id": "204",
                "sku": "CHAI-KARPATY-100",
                "on_hand": 40,
                "reserved": 6,
                "available": 34,
            }
        ],
    },
    "stock_item": {
        "id": "407",
        "variant_id": "204",
        "sku": "CHAI-KARPATY-100",
        "warehouse": "main",
        "cell": "А-12",
        "on_hand": 40,
        "reserved": 6,
        "available": 34,
    },
    "warehouse": {"id": "1", "code": "main", "name": "Головний", "is_active": True},
    "member": {"id": "12", "role": "manager", "is_active": True},
    "invitation": {
        "id": "5",
        "role": "picker",
        "expires_at": _AT,
        "accepted_at": None,
        "revoked_at": None,
    },
    "api_key": {
        "id": "3",
        "name": "Сайт",
        "prefix": "kram_1_Qx7f",
        "scopes": ["orders:write", "stock:read"],
        "channel": "site",
        "expires_at": None,
        "revoked_at": None,
    },
    "connection": {
        "id": "2",
        "kind": "woocommerce",
        "name": "Магазин",
        "channel": "site",
        "is_active": True,
    },
    "webhook": {
        "id": "7",
        "url": "https://shop.example/hooks/kram",
        "description": "Сайт",
        "state": "on",
        "reason": "",
    },
    "job": {
        "id": "15",
        "kind": "orders.tag",
        "state": "done",
        "total": 40,
        "done": 39,
        "failed": 1,
    },
    "import": {"id": "9", "kind": "orders", "state": "running", "counts": {"rows": 120, "new": 40}},
    "company": {
        "slug": "chaina",
        "name": "Чайна «Їжак»",
        "currency": "UAH",
        "language": "uk",
        "time_zone": "Europe/Kyiv",
    },
    "channel": {"id": "1", "code": "site", "name": "Сайт", "kind": "site", "is_active": True},
    "status": {
        "id": "4",
        "name": "Погоджено",
        "stage": "agreed",
        "is_default": True,
        "is_active": True,
    },
    "cancel_reason": {"id": "2", "name": "Немає в наявності", "is_active": True},
    "exchange_rate": {"id": "6", "currency": "EUR", "rate": "48.12000000", "since": "2026-03-02"},
}
