"""Examples for the documentation: tea that the demo store has, and tea that it does not."""

from drf_spectacular.utils import OpenApiExample

_TEA = {
    "name": "Чай «Карпати»",
    "brand": "Полонина",
    "category": "Чай",
    "variants": [
        {
            "sku": "CHAI-KARPATY-100",
            "name": "100 г",
            "price": {"amount": "189.00", "currency": "UAH"},
            "barcodes": ["4820000000017"],
            "weight_g": 110,
        },
        {
            "sku": "CHAI-KARPATY-250",
            "name": "250 г",
            "price": {"amount": "420.00", "currency": "UAH"},
        },
    ],
}
PRODUCT = [OpenApiExample("Tea in two sizes", request_only=True, value=_TEA)]
PRODUCT_PATCH = [
    OpenApiExample(
        "No longer sold", request_only=True, value={"category": "Чай зимовий", "is_active": False}
    )
]
PRODUCTS = [
    OpenApiExample(
        "The catalogue of a storefront",
        request_only=True,
        value={
            "products": [
                _TEA,
                {
                    "name": "Ситечко",
                    "variants": [
                        {"sku": "SYTECHKO", "price": {"amount": "85.00", "currency": "UAH"}}
                    ],
                },
            ]
        },
    )
]
VARIANT = [
    OpenApiExample(
        "One more size",
        request_only=True,
        value={
            "product_id": "88",
            "sku": "CHAI-KARPATY-500",
            "name": "500 г",
            "price": {"amount": "780.00", "currency": "UAH"},
        },
    )
]
VARIANT_PATCH = [
    OpenApiExample(
        "A new price",
        request_only=True,
        value={"price": {"amount": "195.00", "currency": "UAH"}},
    )
]
RECEIPT = [
    OpenApiExample(
        "A delivery",
        request_only=True,
        value={
            "warehouse": "main",
            "token": "ПН-2026-118",
            "lines": [
                {
                    "sku": "T-KAR-100",
                    "quantity": 40,
                    "unit_cost": {"amount": "95.00", "currency": "UAH"},
                }
            ],
        },
    )
]
CORRECTION = [
    OpenApiExample(
        "Two packs are missing",
        request_only=True,
        value={
            "warehouse": "main",
            "token": "ІНВ-2026-07",
            "lines": [{"sku": "T-KAR-100", "delta": -2}],
            "comment": "Пошкоджено при розпакуванні",
        },
    )
]
COUNTS = [
    OpenApiExample(
        "What was counted",
        request_only=True,
        value={"counts": [{"sku": "T-KAR-100", "warehouse": "main", "on_hand": 40}]},
    )
]
