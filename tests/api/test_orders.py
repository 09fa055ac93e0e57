"""Orders after they were placed: lists, changes, moves, payments, notes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.factories import item_of
from orders.models import Order, Payment
from orders.search import index_orders
from tests.api.conftest import order_body

READY = {
    "delivery": {"method": "np_branch", "city": "Львів", "branch": "№12"},
    "payment": {"method": "cod"},
    "ship_date": "2026-03-03",
}


@pytest.fixture
def order(shop, api, tea):
    return api.post("orders", order_body()).json()


def ids(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_filters_find_the_one_and_leave_the_other(shop, api, tea, manager):
    api.patch("customers/1", {})
    early = (timezone.now() - timedelta(days=2)).isoformat()
    one = api.post(
        "orders",
        order_body(
            external_id="A-1",
            channel="phone",
            tags=["опт"],
            payment={"method": "card", "amount": {"amount": "189.00"}},
        ),
    ).json()
    other = order_body(customer={"name": "Тарас", "phone": "0509998877"}, placed_at=early)
    two = api.post("orders", other).json()
    api.patch(f"orders/{one['id']}", {"manager_id": str(manager.pk), **READY})
    api.post(f"orders/{one['id']}/moves", {"to": "agreed"})
    since = (timezone.now() - timedelta(days=1)).isoformat().replace("+", "%2B")
    index_orders([int(one["id"]), int(two["id"])])
    status = api.get(f"orders/{one['id']}").json()["status"]["id"]
    for query in [
        "stage=agreed",
        "stage=agreed,shipped",
        f"status={status}",
        "channel=phone",
        f"manager={manager.pk}",
        f"customer={one['customer']['id']}",
        "external_id=A-1",
        f"number={one['number']}",
        "payment=paid",
        f"placed_from={since}",
        "tag=опт",
        "q=шевченко",
        "q=067 123",
        f"q={one['number']} Шевченко",
    ]:
        assert ids(api.get(f"orders?{query}")) == [one["id"]], query
    for query in ["stage=new", "channel=site", "payment=unpaid", f"placed_to={since}", "q=Тарас"]:
        assert ids(api.get(f"orders?{query}")) == [two["id"]], query
    assert ids(api.get("orders?q=Нікого")) == []
    assert ids(api.get("orders?channel=phone&payment=unpaid")) == []


@pytest.mark.parametrize(
    ("paid", "refunded", "state"),
    [("0", "0", "unpaid"), ("100", "0", "partly_paid"), ("189", "0", "paid"),
     ("200", "0", "overpaid"), ("189", "189", "refunded"), ("189", "89", "partly_paid")],
)  # fmt: skip
def test_the_state_of_payment_is_the_same_in_filter_and_answer(api, order, paid, refunded, state):
    Order.objects.update(paid=paid, refunded=refunded)
    assert api.get(f"orders/{order['id']}").json()["payment"]["state"] == state
    for word in ("unpaid", "partly_paid", "paid", "overpaid", "refunded"):
        found = ids(api.get(f"orders?payment={word}"))
        assert found == ([order["id"]] if word == state else []), word


def test_changes_set_what_is_given_and_nothing_else(shop, api, order, tea, cup, manager):
    line = order["lines"][0]["id"]
    changed = api.patch(
        f"orders/{order['id']}",
        {
            **READY,
            "recipient": {"phone": "0501112233"},
            "lines": [
                {"id": line, "quantity": 3, "price": {"amount": "180.00", "currency": "UAH"}},
                {"sku": "CUP-1", "quantity": 1, "price": {"amount": "600.00"}},
            ],
            "discount": {"amount": "40.00"},
            "tags": ["vip"],
            "manager_id": str(manager.pk),
            "ship_from": "10:00",
        },
    )
    assert changed.status_code == 200, changed.content
    now = changed.json()
    assert now["recipient"] == {"name": "Олена Шевченко", "phone": "+380501112233"}
    assert now["delivery"]["branch"] == "№12"
    assert now["total"]["amount"] == "1100.00"  # 3 * 180 + 600 - 40
    assert [(x["id"] == line, x["sku"], x["quantity"]) for x in now["lines"]] == [
        (True, "TEA-1", 3),
        (False, "CUP-1", 1),
    ]
    assert (now["tags"], now["manager"]["name"]) == (["vip"], "Марія Менеджер")
    assert (item_of(tea).reserved, item_of(cup).reserved) == (3, 1)
    cleared = api.patch(
        f"orders/{order['id']}", {"ship_date": None, "manager_id": None, "tags": []}
    ).json()
    assert (cleared["ship_date"], cleared["manager"], cleared["tags"]) == (None, None, [])
    assert cleared["delivery"] == now["delivery"]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"recipient": {"phone": "12"}}, "/recipient/phone", "bad_phone"),
        ({"manager_id": "999"}, "/manager_id", "unknown_member"),
        ({"discount": {"amount": "5", "currency": "EUR"}}, "/discount/currency",
         "currency_mismatch"),
        ({"lines": []}, "/lines", "no_lines"),
        ({"lines": [{"id": "999", "quantity": 1, "price": {"amount": "1"}}]}, "/lines/0/id",
         "unknown_line"),
        ({"ship_from": "14:00", "ship_till": "10:00"}, "/ship_till", "interval_reversed"),
        ({"number": 5}, "/number", "unknown_field"),
    ],
)  # fmt: skip
def test_wrong_changes_are_refused_whole(api, order, body, pointer, code):
    response = api.patch(f"orders/{order['id']}", {"manager_comment": "x", **body})
    assert response.status_code == 422, response.content
    assert [(e["pointer"], e["code"]) for e in response.json()["errors"]] == [(pointer, code)]
    assert api.get(f"orders/{order['id']}").json() == order
    assert api.patch(f"orders/{order['id']}", {"manager_comment": "x"}).status_code == 200


def test_a_move_says_what_is_missing(api, order):
    url = f"orders/{order['id']}/moves"
    early = api.post(url, {"to": "agreed"})
    assert (early.status_code, early.json()["code"]) == (409, "move_not_ready")
    assert [m["code"] for m in early.json()["missing"]] == [
        "delivery_method",
        "ship_date",
        "payment_method",
    ]
    assert early.json()["allowed"] == ["agreed", "cancelled"]
    wrong = api.post(url, {"to": "delivered"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "move_not_allowed")
    api.patch(f"orders/{order['id']}", READY)
    done = api.post(url, {"to": "agreed"})
    assert (done.status_code, done.json()["stage"]) == (200, "agreed")
    again = api.post(url, {"to": "agreed"})
    assert again.json()["version"] == done.json()["version"]


def test_an_order_travels_the_whole_way(api, order, tea):
    api.patch(f"orders/{order['id']}", READY)

    def move(**body):
        response = api.post(f"orders/{order['id']}/moves", body)
        assert response.status_code == 200, response.content
        return response.json()

    move(to="agreed")
    move(to="picking")
    locked = api.patch(f"orders/{order['id']}", {"discount": {"amount": "1.00"}})
    assert (locked.status_code, locked.json()["code"]) == (409, "order_locked")
    assert api.patch(f"orders/{order['id']}", {"manager_comment": "швидше"}).status_code == 200
    refused = api.post(f"orders/{order['id']}/moves", {"to": "packed"})
    assert [m["code"] for m in refused.json()["missing"]] == ["lines"]
    from orders.models import PickItem

    PickItem.objects.update(picked=1)
    move(to="packed", parcel={"weight_g": 250})
    shipped = move(to="shipped", tracking_number="59001234567890")
    assert (item_of(tea).on_hand, item_of(tea).reserved) == (9, 0)
    closed = api.patch(f"orders/{order['id']}", {"discount": {"amount": "1.00"}})
    assert (closed.status_code, closed.json()["code"]) == (409, "order_closed")
    delivered = move(to="delivered")
    assert shipped["payment"]["state"] == "unpaid"
    assert delivered["payment"]["state"] == "paid"
    missing = api.post(f"orders/{order['id']}/moves", {"to": "returned"})
    assert [m["code"] for m in missing.json()["missing"]] == ["reason"]
    line = order["lines"][0]["id"]
    too_many = {"to": "returned", "comment": "не підійшло"}
    too_many["returned"] = [{"line_id": line, "quantity": 2}]
    wrong = api.post(f"orders/{order['id']}/moves", too_many)
    assert wrong.json()["errors"][0]["code"] == "quantity_out_of_range"
    returned = move(to="returned", comment="не підійшло")
    assert (returned["stage"], returned["lines"][0]["returned"]) == ("returned", 1)
    assert item_of(tea).on_hand == 10
    story = api.get(f"orders/{order['id']}?expand=transitions").json()["transitions"]
    assert [t["target"]["stage"] for t in story] == [
        "new", "agreed", "picking", "packed", "shipped", "delivered", "returned",
    ]  # fmt: skip


def test_a_move_that_is_asked_for_little_answers_what_a_read_would(api, order, tea):
    from orders.models import PickItem

    api.patch(f"orders/{order['id']}", READY)
    shown = "?fields=id,number,version,stage,status"
    url = f"orders/{order['id']}"
    for body in (
        {"to": "agreed"},
        {"to": "new"},
        {"to": "agreed"},
        {"to": "picking"},
        {"to": "agreed"},
        {"to": "picking"},
        {"to": "packed", "parcel": {"weight_g": 250}},
        {"to": "shipped", "tracking_number": "59001234567890"},
        {"to": "delivered"},
        {"to": "returned", "comment": "не підійшло"},
        {"to": "returned", "comment": "не підійшло"},
    ):
        if body["to"] == "packed":
            PickItem.objects.update(picked=1)
        moved = api.post(f"{url}/moves{shown}", body)
        read = api.get(f"{url}{shown}")
        assert moved.status_code == 200, moved.content
        assert (moved.json(), moved["ETag"]) == (read.json(), read["ETag"])
        assert moved.json()["stage"] == body["to"]


def test_a_status_of_ones_own_is_reached_by_its_id(shop, api, order):
    from orders.models import Status

    waiting = Status.objects.create(name="Не відповідає", stage=10)
    url = f"orders/{order['id']}/moves"
    done = api.post(url, {"status_id": str(waiting.pk)})
    assert done.json()["status"] == {"id": str(waiting.pk), "name": "Не відповідає"}
    unknown = api.post(url, {"status_id": "999"})
    assert unknown.json()["errors"] == [
        {
            "pointer": "/status_id",
            "code": "unknown_status",
            "message": unknown.json()["errors"][0]["message"],
        }
    ]
    for body in ({}, {"to": "agreed", "status_id": str(waiting.pk)}):
        assert api.post(url, body).json()["errors"][0]["pointer"] == "/to"


def test_cancelling_frees_the_stock_and_keeps_the_reason(api, order, tea):
    reasons = api.get("cancel-reasons").json()["results"]
    assert item_of(tea).reserved == 1
    done = api.post(
        f"orders/{order['id']}/moves", {"to": "cancelled", "reason_id": reasons[1]["id"]}
    )
    assert done.json()["cancel_reason"] == {k: reasons[1][k] for k in ("id", "name")}
    assert item_of(tea).reserved == 0


def test_payments_and_refunds(api, order):
    url = f"orders/{order['id']}/payments"
    pay = {"amount": {"amount": "189.00", "currency": "UAH"}, "method": "card", "external_id": "w1"}
    first = api.post(url, pay)
    assert (first.status_code, first.json()["amount"]["amount"]) == (201, "189.00")
    assert api.post(url, pay).json()["id"] == first.json()["id"]
    assert Payment.objects.count() == 1
    too_much = api.post(
        url, {**pay, "kind": "refund", "amount": {"amount": "189.01"}, "external_id": ""}
    )
    assert too_much.json()["errors"][0]["code"] == "refund_exceeds_paid"
    wrong = api.post(url, {**pay, "amount": {"amount": "1", "currency": "EUR"}})
    assert wrong.json()["errors"][0]["pointer"] == "/amount/currency"
    back = api.post(url, {"kind": "refund", "amount": {"amount": "89.00"}, "method": "card"})
    assert back.json()["kind"] == "refund"
    state = api.get(f"orders/{order['id']}").json()["payment"]
    assert (state["paid"]["amount"], state["refunded"]["amount"], state["due"]["amount"]) == (
        "189.00", "89.00", "89.00",
    )  # fmt: skip
    assert api.post("orders/999/payments", pay).status_code == 404


def test_notes(api, order):
    made = api.post(f"orders/{order['id']}/notes", {"text": " Передзвонити "})
    assert (made.status_code, made.json()["text"]) == (201, "Передзвонити")
    notes = api.get(f"orders/{order['id']}?expand=notes").json()["notes"]
    assert notes == [made.json()]
    assert api.post(f"orders/{order['id']}/notes", {"text": " "}).status_code == 422
    assert api.post("orders/999/notes", {"text": "x"}).status_code == 404


def test_what_the_company_has_set_up(shop, api):
    channels = api.get("channels").json()["results"]
    assert [(c["code"], c["kind"]) for c in channels] == [
        ("site", "storefront"),
        ("phone", "phone"),
    ]
    stages = [s["stage"] for s in api.get("statuses").json()["results"]]
    assert stages[0] == "new"
    assert len(stages) == 8
    warehouses = api.get("warehouses").json()["results"]
    assert [w["code"] for w in warehouses] == ["main"]


def test_a_reason_that_is_not_in_the_list_cancels_nothing(shop, api, tea):
    order = api.post("orders", order_body()).json()
    wrong = api.post(f"orders/{order['id']}/moves", {"to": "cancelled", "reason_id": "999999"})
    (error,) = wrong.json()["errors"]
    assert (wrong.status_code, error["pointer"], error["code"]) == (
        422, "/reason_id", "unknown_reason",
    )  # fmt: skip
    assert api.get(f"orders/{order['id']}").json()["stage"] == "new"
    reason = api.get("cancel-reasons").json()["results"][0]["id"]
    done = api.post(f"orders/{order['id']}/moves", {"to": "cancelled", "reason_id": reason})
    assert done.json()["cancel_reason"]["id"] == reason


def test_a_payment_sent_differently_is_told_of_itself(shop, api, tea):
    order = api.post("orders", order_body()).json()
    pay = {"amount": {"amount": "10.00"}, "method": "card", "external_id": "liqpay-1"}
    path = f"orders/{order['id']}/payments"
    assert api.post(path, pay).status_code == 201
    other = api.post(path, {**pay, "amount": {"amount": "11.00"}}, accept_language="en")
    assert (other.status_code, other.json()["code"]) == (409, "external_id_conflict")
    assert other.json()["detail"].startswith("The order has a payment with this id")
