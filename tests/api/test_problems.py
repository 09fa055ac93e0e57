"""Every failure is a problem of RFC 9457 with a stable code; never HTML, never a trace."""

import json

import pytest

from crm.api.codes import PROBLEMS
from orders.models import Order
from tests.api.conftest import ApiClient, order_body


def problem(response, status, code):
    """Assert what all problems share and return the body."""
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["type"] == f"/api/docs/errors/#{code}"
    assert body["instance"] == response.request["PATH_INFO"]
    assert body["title"]
    assert body["detail"]
    assert response["X-Request-ID"]
    return body


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    "path",
    ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v1/orders/", "/api/v2/orders",
     "/api/v1/orders/x", "/api/v1/orders/0", "/api/v1/orders/1234567890123456789",
     "/api/v1/orders/999"],
)  # fmt: skip
def test_what_does_not_exist(shop, api, path, debug, settings):
    settings.DEBUG = debug
    problem(api.get(path), 404, "not_found")


def test_unknown_addresses_need_no_key_and_take_any_method(db):
    for method in ("POST", "DELETE", "OPTIONS"):
        problem(ApiClient("").call(method, "/api/v1/nothing", {}), 404, "not_found")


def test_a_method_that_is_not_there(shop, api):
    response = api.call("DELETE", "orders")
    problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD, POST"
    problem(api.call("OPTIONS", "orders"), 405, "method_not_allowed")


def test_forms_of_answers_and_bodies(shop, api):
    problem(api.get("orders", accept="text/html"), 406, "not_acceptable")
    assert api.get("orders", accept="text/html, */*;q=0.1").status_code == 200
    assert api.get("orders", accept="application/json").status_code == 200
    body = json.dumps(order_body())
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=cp1251",
    ):
        problem(api.post("orders", body, type=kind), 415, "unsupported_media_type")
    assert Order.objects.count() == 0
    assert api.post("orders", body, type="application/json; charset=UTF-8").status_code == 201


@pytest.mark.parametrize(
    "body",
    [" ", "{", "{'a': 1}", '{"a": NaN}', '{"a": Infinity}', "[" * 100_000, '{"a": "\x00"}', b"\xff",
     '{"customer_comment": "a\\u0000b"}', '{"customer_comment": "\\ud800"}', '{"\\udfff": 1}',
     '{"number": ' + "9" * 5000 + "}", '{"lines": [{"sku": "A", "quantity": 1, "quantity": 9}]}'],
)  # fmt: skip
def test_json_that_cannot_be_read_or_stored(shop, api, body):
    problem(api.post("orders", body), 400, "malformed_json")


def test_a_surrogate_pair_is_a_letter(shop, api, tea):
    text = json.dumps(order_body(customer_comment="🙂"))
    assert "\\ud83d" in text
    assert api.post("orders", text).json()["customer_comment"] == "🙂"


@pytest.mark.parametrize("body", ["null", "[]", '"text"', "5"])
def test_json_that_is_no_object(shop, api, body):
    entry = problem(api.post("orders", body), 422, "validation_error")["errors"][0]
    assert entry["pointer"] == ""
    assert entry["code"] in {"null", "not_an_object"}


def test_every_wrong_value_has_its_pointer(shop, api, tea):
    body = order_body(
        {"sku": "TEA-1", "quantity": 1},
        {"sku": 5, "quantity": "2", "prise": 1},
        {"price": {"amount": 10}},
        delivery={"method": "pigeon"},
        placed_at="2026-03-02T09:00:00",
        **{"a/b~c": 1},
    )
    errors = problem(api.post("orders", body), 422, "validation_error")["errors"]
    assert {(e["pointer"], e["code"]) for e in errors} == {
        ("/lines/1/sku", "invalid"),
        ("/lines/1/quantity", "invalid"),
        ("/lines/1/prise", "unknown_field"),
        ("/lines/2/price/amount", "invalid"),
        ("/lines/2/quantity", "required"),
        ("/delivery/method", "invalid_choice"),
        ("/placed_at", "make_aware"),
        ("/a~1b~0c", "unknown_field"),
    }
    assert all(e["message"] for e in errors)
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lines": [{"quantity": 1, "price": {"amount": "-5.00"}}]}, "May not be negative."),
        ({"discount": {"amount": "-0.01"}}, "May not be negative."),
        ({"discount": {"amount": "9" * 11}}, "Is too great."),
        (
            {"discount": {"amount": 5}},
            "Must be a string with a point and at most two digits after it, such as 1249.50.",
        ),
        ({"lines": [{"quantity": 1, "tax_rate": "101"}]}, "Is too great."),
        ({"lines": [{"sku": "TEA-1", "quantity": 10**6}]}, "Quantity: from 1 to 10000."),
        ({"payment": {"method": "gold"}}, "Must be one of: cod, card, transfer, cash."),
        ({"all_or_nothing": "yes"}, "Must be true or false."),
        ({"tags": [1]}, "Must be a string."),
        ({"tags": "x"}, "Must be a list."),
        ({"placed_at": "now"}, "Must be a time with its offset: 2026-03-02T09:00:00+02:00."),
        ({"ship_date": "now"}, "Is not a day such as 2026-03-31."),
        ({"ship_from": "9am"}, "Must be a time of day such as 14:30."),
        ({"customer": {"id": 5}}, "Must be an id, a string of digits."),
    ],
)
def test_the_message_says_what_is_wrong(shop, api, tea, change, message):
    refused = api.post("orders", order_body(**change), accept_language="en")
    (error,) = problem(refused, 422, "validation_error")["errors"]
    assert error["message"] == message


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=201", "Must be a whole number from 1 to 200."),
        ("customer=x", "Must be an id, a string of digits."),
        ("is_short=1", "Must be true or false."),
        ("placed_from=now", "Must be a day or a time with its offset: 2026-03-02T09:00:00+02:00."),
        ("payment=much", "Must be one of: "),
        ("q=", "Must be from 1 to 1000 characters long."),
    ],
)
def test_a_wrong_parameter_is_told_what_it_must_be(shop, api, query, message):
    (error,) = api.get(f"orders?{query}", accept_language="en").json()["errors"]
    assert error["message"].startswith(message)


def test_words_are_in_the_callers_language(shop, api):
    english = problem(api.get("orders/999", accept_language="en"), 404, "not_found")
    assert english["title"] == "There is nothing at this address."


def test_bodies_are_limited(shop, api, tea):
    fits = order_body(customer_comment="x" * 1000)
    assert api.post("orders", fits).status_code == 201
    huge = json.dumps(order_body(customer_comment="x" * (1024 * 1024)))
    body = problem(api.post("orders", huge), 413, "body_too_large")
    assert body["limit"] == 1024 * 1024
    # Bulk addresses take more, and not without end.
    rows = [order_body(customer_comment="x" * 1900)] * 3
    big = json.dumps({"orders": rows}) + " " * (2 * 1024 * 1024)
    assert api.post("orders/bulk", big).status_code == 200
    too_big = json.dumps({"orders": rows}) + " " * (5 * 1024 * 1024)
    problem(api.post("orders/bulk", too_big), 413, "body_too_large")


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ("staus=1", "staus", "unknown_parameter"),
        ("limit=0", "limit", "invalid"),
        ("limit=201", "limit", "invalid"),
        ("limit=x", "limit", "invalid"),
        ("stage=lost", "stage", "invalid_choice"),
        ("customer=99999999999999999999", "customer", "invalid"),
        ("number=-1", "number", "invalid"),
        ("placed_from=yesterday", "placed_from", "invalid"),
        ("placed_from=2026-03-02T09:00:00", "placed_from", "invalid"),
        ("placed_from=0001-01-01T00:00:00%2B14:00", "placed_from", "invalid"),
        ("q=%00", "q", "invalid"),
        ("external_id=a%00b", "external_id", "invalid"),
        ("ordering=total", "ordering", "invalid_choice"),
        ("expand=everything", "expand", "invalid_choice"),
        ("fields=password", "fields", "invalid_choice"),
        ("has_problems=1", "has_problems", "invalid"),
    ],
)
def test_parameters_are_checked(shop, api, query, name, code):
    body = problem(api.get(f"orders?{query}"), 400, "invalid_parameter")
    assert [(e["parameter"], e["code"]) for e in body["errors"]] == [(name, code)]


def test_headers_are_checked(shop, api, tea):
    order = api.post("orders", order_body()).json()
    for value in ("x" * 256, " \x01", "ключ"):
        response = api.post("orders", order_body(), idempotency_key=value)
        problem(response, 400, "invalid_header")
    for value in ("7", '"abc"', '"v"'):
        response = api.patch(f"orders/{order['id']}", {}, if_match=value)
        assert problem(response, 400, "invalid_header")["header"] == "If-Match"
    assert Order.objects.count() == 1


def test_what_nobody_foresaw_tells_nothing(shop, api, monkeypatch, settings, caplog):
    from orders.api import reading

    settings.DEBUG = True
    api.client.raise_request_exception = False
    assert api.get("orders").status_code == 200

    def broken(*args, **kwargs):
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(reading, "write_orders", broken)
    response = api.get("orders")
    problem(response, 500, "internal_error")
    assert "secret of the house" not in response.content.decode()
    assert "secret of the house" in caplog.text


def test_every_code_is_told_apart():
    assert all(code.status >= 400 for code in PROBLEMS.values())
    assert all(str(code.title) and str(code.advice) for code in PROBLEMS.values())
