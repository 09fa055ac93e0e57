"""POST /orders: what is stored, what is flagged for a person, what is refused and why."""

from datetime import UTC, datetime

import pytest

from customers.models import Customer
from inventory.factories import item_of
from orders.models import ExchangeRate, Order
from tests.api.conftest import make_key, order_body


def uah(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "UAH"}


def errors_of(response) -> list[tuple[str, str]]:
    assert response.status_code == 422, response.content
    return [(e["pointer"], e["code"]) for e in response.json()["errors"]]


def test_a_whole_order(shop, api, tea, cup):
    response = api.post(
        "orders",
        {
            "channel": "site",
            "external_id": "10873",
            "external_number": "№10873",
            "currency": "UAH",
            "customer": {
                "name": "Олена  Шевченко",
                "phone": "067 123 45 67",
                "email": "Olena@Example.com",
                "language": "uk",
            },
            "recipient": {"name": "Іван Шевченко", "phone": "0501112233"},
            "delivery": {
                "method": "np_branch",
                "city": "Львів",
                "branch": "Відділення №12",
                "price": uah("80.00"),
            },
            "payment": {
                "method": "card",
                "amount": uah("500"),
                "paid_at": "2026-03-01T10:00:00+02:00",
                "external_id": "wfp-1",
            },
            "lines": [
                {"sku": "TEA-1", "quantity": 2, "price": uah("180.5")},
                {"sku": "CUP-1", "quantity": 1, "discount": uah("20.00"), "tax_rate": "20"},
                {"name": "Листівка", "quantity": 1, "price": uah("15.00")},
            ],
            "discount": uah("31.00"),
            "customer_comment": "Після 18:00",
            "ship_date": "2026-03-03",
            "ship_from": "10:00",
            "ship_till": "14:00",
            "tags": ["подарунок", " подарунок "],
            "attribution": {"utm_source": "google"},
            "placed_at": "2026-03-02T09:00:00+02:00",
        },
    )
    assert response.status_code == 201
    order = response.json()
    assert response["Location"] == f"/api/v1/orders/{order['id']}"
    assert order["number"] == 1
    assert (order["channel"], order["stage"]) == ("site", "new")
    assert order["lines_total"] == uah("976.00")
    assert order["total"] == uah("1025.00")  # 976 - 31 + 80
    assert order["payment"] == {
        "method": "card",
        "state": "partly_paid",
        "paid": uah("500.00"),
        "refunded": uah("0.00"),
        "due": uah("525.00"),
    }
    assert order["recipient"] == {"name": "Іван Шевченко", "phone": "+380501112233"}
    assert order["delivery"]["city"] == "Львів"
    assert (order["ship_date"], order["ship_from"], order["ship_till"]) == (
        "2026-03-03", "10:00", "14:00",
    )  # fmt: skip
    assert (order["tags"], order["problems"]) == (["подарунок"], [])
    assert order["placed_at"] == "2026-03-02T07:00:00.000000+00:00"
    lines = [(x["sku"], x["name"], x["total"]["amount"], x["variant_id"]) for x in order["lines"]]
    assert lines == [
        ("TEA-1", "Чай", "361.00", str(tea.pk)),
        ("CUP-1", "Чашка", "600.00", str(cup.pk)),
        ("", "Листівка", "15.00", None),
    ]
    assert order["lines"][1]["tax_rate"] == "20.00"
    assert (item_of(tea).reserved, item_of(cup).reserved) == (2, 1)
    # Read again it is the same, to the letter.
    assert api.get(f"orders/{order['id']}").json() == order
    expanded = api.get(f"orders/{order['id']}?expand=customer,payments,transitions").json()
    assert expanded["customer"] == {
        "id": order["customer"]["id"],
        "name": "Олена Шевченко",
        "phone": "+380671234567",
        "email": "olena@example.com",
        "language": "uk",
    }
    assert [(p["amount"], p["external_id"]) for p in expanded["payments"]] == [
        (uah("500.00"), "wfp-1")
    ]
    (move,) = expanded["transitions"]
    assert (move["source"], move["target"]["stage"]) == (None, "new")
    assert move["actor"] == {"kind": "api_key", "name": "Storefront"}


def test_pushed_twice_it_is_one_order(shop, api, tea):
    first = api.post("orders", order_body(external_id="77"))
    again = api.post("orders", order_body(external_id="77"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    conflict = api.post("orders", order_body(external_id="77", customer_comment="x"))
    assert (conflict.status_code, conflict.json()["code"]) == (409, "external_id_conflict")
    assert conflict.json()["number"] == 1
    assert conflict.json()["errors"][0]["pointer"] == "/external_id"
    assert Order.objects.count() == 1
    # The same id in another channel is another order.
    assert api.post("orders", order_body(external_id="77", channel="phone")).status_code == 201


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        ({}, []),
        ({"lines": [{"sku": "NO-SUCH", "quantity": 1, "price": uah("5.00")}]}, ["unknown_sku"]),
        ({"lines": [{"sku": "TEA-1", "quantity": 1, "price": uah("0")}]}, ["zero_price"]),
        ({"customer": {"name": "Хтось"}}, ["no_contact"]),
        ({"customer": {"name": "Хтось", "phone": "12", "email": "a@example.com"}}, ["bad_phone"]),
        ({"customer": {"name": "Хтось", "email": "a@example.com"}}, []),
        ({"customer": {"name": "Хтось", "phone": "0501112233", "email": "ask@@home"}},
         ["bad_email"]),
        ({"customer": {"name": "Хтось", "email": "none"}}, ["bad_email", "no_contact"]),
        ({"currency": "USD", "lines": [{"name": "x", "quantity": 1, "price": {"amount": "1"}}]},
         ["no_rate"]),
    ],
)  # fmt: skip
def test_what_a_person_can_mend_is_stored_and_flagged(shop, api, tea, change, problems):
    response = api.post("orders", order_body(**change))
    assert response.status_code == 201
    assert response.json()["problems"] == problems
    stored = Order.objects.get()
    assert (stored.problems, stored.has_problems) == (problems, bool(problems))
    flagged = api.get("orders?has_problems=true").json()["results"]
    assert len(flagged) == bool(problems)


def test_an_email_that_is_none_stays_to_be_mended(shop, api, tea):
    body = order_body(
        customer={"phone": "0501112233", "email": "Ask me"}, manager_comment="Дзвонити зранку"
    )
    order = api.post("orders", body).json()
    assert order["manager_comment"] == "E-mail: Ask me\nДзвонити зранку"
    assert api.post("orders", body).status_code == 201


def test_an_unknown_sku_stays_as_free_text(shop, api):
    line = api.post("orders", order_body({"sku": "GONE-1", "quantity": 2})).json()["lines"][0]
    assert (line["sku"], line["name"], line["variant_id"]) == ("GONE-1", "GONE-1", None)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"lines": [{"sku": "TEA-1", "quantity": 10_001}]}, "/lines/0/quantity",
         "quantity_out_of_range"),
        ({"lines": [{"sku": "TEA-1", "quantity": 0}]}, "/lines/0/quantity",
         "quantity_out_of_range"),
        ({"lines": [{"sku": "TEA-1", "quantity": -1}]}, "/lines/0/quantity",
         "quantity_out_of_range"),
        ({"lines": [{"sku": "TEA-1", "quantity": 10**30}]}, "/lines/0/quantity",
         "quantity_out_of_range"),
        ({"lines": [{"quantity": 1}]}, "/lines/0", "line_without_goods"),
        ({"lines": []}, "/lines", "no_lines"),
        ({"lines": [{"sku": "TEA-1", "quantity": 1, "price": uah("-5")}]},
         "/lines/0/price/amount", "min_value"),
        ({"lines": [{"sku": "TEA-1", "quantity": 1, "price": uah("1.005")}]},
         "/lines/0/price/amount", "invalid"),
        ({"lines": [{"sku": "TEA-1", "quantity": 1, "price": uah("9" * 11)}]},
         "/lines/0/price/amount", "max_value"),
        ({"lines": [{"sku": "TEA-1", "quantity": 1, "price": uah("5"), "discount": uah("6")}]},
         "/lines/0/discount", "discount_out_of_range"),
        ({"currency": "XXX"}, "/currency", "unknown_currency"),
        ({"currency": "uah"}, "/currency", "unknown_currency"),
        ({"lines": [{"name": "a", "quantity": 1, "price": {"amount": "1", "currency": "uah"}}]},
         "/lines/0/price/currency", "unknown_currency"),
        ({"ship_from": "14:00", "ship_till": "10:00"}, "/ship_till", "interval_reversed"),
        ({"currency": "EUR", "lines": [{"sku": "TEA-1", "quantity": 1, "price": uah("5")}]},
         "/lines/0/price/currency", "currency_mismatch"),
        ({"lines": [{"name": "a", "quantity": 1, "price": uah("5")}],
          "delivery": {"price": {"amount": "5", "currency": "EUR"}}},
         "/delivery/price/currency", "currency_mismatch"),
        ({"channel": "nowhere"}, "/channel", "unknown_channel"),
        ({"customer": {"id": "999"}}, "/customer/id", "unknown_customer"),
        ({"discount": uah("190")}, "/discount", "discount_out_of_range"),
        ({"payment": {"method": "barter"}}, "/payment/method", "invalid_choice"),
    ],
)  # fmt: skip
def test_what_nobody_can_mend_is_refused(shop, api, tea, change, pointer, code):
    assert api.post("orders", order_body()).status_code == 201  # the same without the change
    assert (pointer, code) in errors_of(api.post("orders", order_body(**change)))
    assert Order.objects.count() == 1
    assert Customer.objects.count() == 1
    assert item_of(tea).reserved == 1


def test_a_channel_is_needed_where_the_key_has_none(shop, api, tea):
    body = {k: v for k, v in order_body().items() if k != "channel"}
    assert errors_of(api.post("orders", body)) == [("/channel", "required")]
    assert make_key(channel="site").post("orders", body).status_code == 201


def test_a_rate_makes_the_total_in_the_companys_currency(shop, api, euro_channel):
    ExchangeRate.objects.create(currency="EUR", rate="48.5", since=datetime(2026, 1, 1, tzinfo=UTC))
    body = order_body({"name": "Стіл", "quantity": 1, "price": {"amount": "10.00"}})
    order = api.post("orders", {**body, "channel": "market"}).json()
    assert (order["currency"], order["rate"], order["problems"]) == ("EUR", "48.5", [])
    assert order["total"] == {"amount": "10.00", "currency": "EUR"}
    assert order["total_base"] == uah("485.00")


def test_one_buyer_is_one_customer(shop, api, tea):
    first = api.post("orders", order_body()).json()
    body = order_body(customer={"name": "О. Шевченко", "phone": "+38 (067) 123-45-67"})
    assert api.post("orders", body).json()["customer"] == first["customer"]
    other = order_body(customer={"phone": "0501112233"})
    assert api.post("orders", other).json()["customer"]["id"] != first["customer"]["id"]
    named = api.post("orders", order_body(customer={"id": first["customer"]["id"]})).json()
    assert named["customer"] == first["customer"]


def test_a_repeat_minutes_later_is_suspected(shop, api, tea):
    first = api.post("orders", order_body()).json()
    second = api.post("orders", order_body()).json()
    assert first["duplicate"] is None
    assert second["duplicate"] == {"state": "suspected", "of": first["id"]}


def test_what_is_short_waits_or_is_refused(shop, api, tea):
    body = order_body({"sku": "TEA-1", "quantity": 12}, {"name": "Листівка", "quantity": 1})
    refused = api.post("orders", {**body, "all_or_nothing": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "out_of_stock")
    assert refused.json()["short"] == [{"line": 0, "missing": 2}]
    assert (Order.objects.count(), item_of(tea).reserved) == (0, 0)
    order = api.post("orders", body).json()
    assert (order["is_short"], order["lines"][0]["waiting"]) == (True, 2)
    assert item_of(tea).reserved == 10
    assert api.get(f"orders/{order['id']}").json() == order
    assert api.get("orders?is_short=true&expand=lines").json()["results"] == [order]


def test_an_order_costs_at_most_ten_statements(shop, api, tea, cup, count_statements):
    tray = order_body(*({"sku": sku, "quantity": 1} for sku in ("TEA-1", "CUP-1", "NO-SUCH")))
    api.get("orders")  # marks the key as used
    for number in (1, 2):  # a new buyer, then a known one
        with count_statements() as statements:
            response = api.post(
                "orders", {**tray, "external_id": str(number)}, idempotency_key=f"k{number}"
            )
        assert response.status_code == 201
        frame = ("SAVEPOINT", "RELEASE", "SET LOCAL")
        asked = [q["sql"] for q in statements if not q["sql"].startswith(frame)]
        assert 7 <= len(asked) <= 10, "\n".join(asked)


@pytest.mark.parametrize("who", ["customer", "recipient"])
def test_a_phone_that_is_no_number_stays_to_be_mended(shop, api, tea, who):
    wrong = order_body(**{who: {"name": "Хтось", "phone": "067 123"}})
    order = api.post("orders", {**wrong, "payment": {"method": "cod"}}).json()
    assert (order["recipient"]["phone"], "bad_phone" in order["problems"]) == ("067 123", True)
    agree = {"delivery": {"method": "pickup"}, "ship_date": "2030-01-02"}
    api.patch(f"orders/{order['id']}", agree)
    refused = api.post(f"orders/{order['id']}/moves", {"to": "agreed"}).json()
    assert [one["code"] for one in refused["missing"]] == ["recipient"]
    mended = api.patch(f"orders/{order['id']}", {"recipient": {"phone": "067 123 45 67"}}).json()
    assert mended["problems"] == []
    assert api.post(f"orders/{order['id']}/moves", {"to": "agreed"}).status_code == 200
