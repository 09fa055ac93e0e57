"""Examples for the documentation: a Ukrainian store of tea and crockery."""

from drf_spectacular.utils import OpenApiExample

_UAH = "UAH"
_LINES = [
    {
        "sku": "T-KAR-100",
        "quantity": 2,
        "price": {"amount": "180.00", "currency": _UAH},
    },
    {
        "sku": "D-TRA",
        "quantity": 1,
        "price": {"amount": "320.00", "currency": _UAH},
        "discount": {"amount": "32.00", "currency": _UAH},
    },
]
CREATE = [
    OpenApiExample(
        "Order of a storefront",
        request_only=True,
        value={
            "channel": "site",
            "external_id": "10873",
            "customer": {
                "name": "Олена Шевченко",
                "phone": "067 123 45 67",
                "email": "olena@example.com",
            },
            "delivery": {
                "method": "np_branch",
                "city": "Львів",
                "branch": "Відділення №12",
                "price": {"amount": "80.00", "currency": _UAH},
            },
            "payment": {"method": "cod"},
            "lines": _LINES,
            "customer_comment": "Передзвоніть, будь ласка, після 18:00",
            "attribution": {"utm_source": "google", "utm_campaign": "chai-zyma"},
        },
    ),
    OpenApiExample(
        "Paid online, all or nothing",
        request_only=True,
        value={
            "channel": "site",
            "external_id": "10874",
            "all_or_nothing": True,
            "customer": {"name": "Тарас Бойко", "phone": "+380501112233"},
            "payment": {
                "method": "card",
                "amount": {"amount": "648.00", "currency": _UAH},
                "external_id": "wayforpay-551",
            },
            "lines": _LINES,
        },
    ),
]
READ = [
    OpenApiExample(
        "An order with its lines",
        response_only=True,
        status_codes=["200"],
        value={
            "id": "5121",
            "number": 1043,
            "version": 3,
            "external_id": "10873",
            "external_number": "",
            "channel": "site",
            "stage": "agreed",
            "status": {"id": "2", "name": "Погоджено"},
            "status_since": "2026-03-02T08:40:11.120000+00:00",
            "customer": {"id": "901", "name": "Олена Шевченко"},
            "manager": {"id": "7", "name": "Марія Коваль"},
            "currency": _UAH,
            "lines_total": {"amount": "648.00", "currency": _UAH},
            "discount": {"amount": "0.00", "currency": _UAH},
            "tax": {"amount": "0.00", "currency": _UAH},
            "prices_include_tax": True,
            "total": {"amount": "728.00", "currency": _UAH},
            "rate": "1",
            "total_base": {"amount": "728.00", "currency": _UAH},
            "returned_total": {"amount": "0.00", "currency": _UAH},
            "payment": {
                "method": "cod",
                "state": "unpaid",
                "paid": {"amount": "0.00", "currency": _UAH},
                "refunded": {"amount": "0.00", "currency": _UAH},
                "due": {"amount": "728.00", "currency": _UAH},
            },
            "recipient": {"name": "Олена Шевченко", "phone": "+380671234567"},
            "delivery": {
                "method": "np_branch",
                "city": "Львів",
                "branch": "Відділення №12",
                "street": "",
                "price": {"amount": "80.00", "currency": _UAH},
            },
            "ship_date": "2026-03-03",
            "ship_from": None,
            "ship_till": None,
            "customer_comment": "Передзвоніть, будь ласка, після 18:00",
            "manager_comment": "",
            "tags": ["подарунок"],
            "attribution": {"utm_source": "google", "utm_campaign": "chai-zyma"},
            "problems": [],
            "is_short": False,
            "duplicate": None,
            "cancel_reason": None,
            "placed_at": "2026-03-02T08:12:45.000000+00:00",
            "created_at": "2026-03-02T08:12:45.310000+00:00",
            "updated_at": "2026-03-02T08:40:11.120000+00:00",
            "lines": [
                {
                    "id": "15361",
                    "position": 0,
                    "variant_id": "33",
                    "sku": "T-KAR-100",
                    "name": "Карпатський трав’яний збір, 100 г",
                    "quantity": 2,
                    "price": {"amount": "180.00", "currency": _UAH},
                    "discount": {"amount": "0.00", "currency": _UAH},
                    "tax_rate": "20.00",
                    "total": {"amount": "360.00", "currency": _UAH},
                    "waiting": 0,
                    "returned": 0,
                },
                {
                    "id": "15362",
                    "position": 1,
                    "variant_id": "41",
                    "sku": "D-TRA",
                    "name": "Горнятко «Трава», 350 мл",
                    "quantity": 1,
                    "price": {"amount": "320.00", "currency": _UAH},
                    "discount": {"amount": "32.00", "currency": _UAH},
                    "tax_rate": "20.00",
                    "total": {"amount": "288.00", "currency": _UAH},
                    "waiting": 0,
                    "returned": 0,
                },
            ],
        },
    )
]
PATCH = [
    OpenApiExample(
        "What was agreed with the buyer",
        request_only=True,
        value={
            "delivery": {"method": "np_branch", "city": "Львів", "branch": "Відділення №12"},
            "payment": {"method": "cod"},
            "ship_date": "2026-03-03",
        },
    )
]
MOVE = [
    OpenApiExample("Agreed", request_only=True, value={"to": "agreed"}),
    OpenApiExample(
        "Cancelled",
        request_only=True,
        value={"to": "cancelled", "reason_id": "2", "comment": "Знайшла дешевше"},
    ),
    OpenApiExample(
        "Handed to the carrier",
        request_only=True,
        value={"to": "shipped", "tracking_number": "59001234567890"},
    ),
]
PAYMENT = [
    OpenApiExample(
        "Paid by card",
        request_only=True,
        value={
            "amount": {"amount": "728.00", "currency": _UAH},
            "method": "card",
            "external_id": "wayforpay-552",
        },
    )
]
NOTE = [
    OpenApiExample(
        "From the storefront's chat",
        request_only=True,
        value={"text": "Просить подарункову коробку"},
    )
]
BULK = [
    OpenApiExample(
        "Two orders at once",
        request_only=True,
        value={
            "orders": [
                {
                    "channel": "site",
                    "external_id": place,
                    "customer": {"name": name, "phone": phone},
                    "lines": _LINES,
                }
                for place, name, phone in (
                    ("10875", "Олена Шевченко", "067 123 45 67"),
                    ("10876", "Тарас Бойко", "+380501112233"),
                )
            ]
        },
    )
]
