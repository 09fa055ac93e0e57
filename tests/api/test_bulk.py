"""Bulk requests: row by row, each in its own transaction; cut off, they are taken up again."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from crm.api.models import IdempotencyRecord
from crm.tenancy.context import tenant_scope
from inventory.factories import item_of, make_variant
from inventory.models import StockMovement
from orders.api.views import OrdersBulkView
from orders.models import Order
from tests.api.conftest import ApiClient, make_key, order_body
from tests.fixtures.cast import found_company


def rows(*orders):
    return {"orders": list(orders)}


def test_one_bad_row_harms_no_other(shop, api, tea):
    response = api.post(
        "orders/bulk",
        rows(
            order_body(external_id="1"),
            order_body({"sku": "TEA-1", "quantity": 10_001}),
            {"lines": "x"},
            None,
            order_body({"sku": "TEA-1", "quantity": 99}, all_or_nothing=True),
            order_body(external_id="1"),
            order_body(external_id="2"),
        ),
    )
    assert response.status_code == 200
    results = response.json()["results"]
    assert [r["index"] for r in results] == list(range(7))
    assert [r["status"] for r in results] == [201, 422, 422, 422, 409, 200, 201]
    assert results[1]["problem"]["errors"][0]["pointer"] == "/orders/1/lines/0/quantity"
    assert results[2]["problem"]["errors"][0]["pointer"] == "/orders/2/lines"
    assert results[3]["problem"]["errors"][0]["pointer"] == "/orders/3"
    assert results[4]["problem"]["code"] == "out_of_stock"
    assert results[5]["data"] == results[0]["data"]
    assert [o.external_id for o in Order.objects.order_by("id")] == ["1", "2"]
    assert item_of(tea).reserved == 2


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/orders", "required"),
        ({"orders": {}}, "/orders", "not_a_list"),
        ({"orders": []}, "/orders", "empty"),
        ({"orders": [1] * 501}, "/orders", "max_length"),
        ({"orders": [], "rows": []}, "/rows", "unknown_field"),
        ([], "", "not_an_object"),
    ],
)
def test_the_list_itself_is_checked(shop, api, body, pointer, code):
    response = api.post("orders/bulk", body)
    assert response.status_code == 422
    assert [(e["pointer"], e["code"]) for e in response.json()["errors"]] == [(pointer, code)]


def test_the_door_is_the_same(shop, tea):
    assert ApiClient("").post("orders/bulk", rows(order_body())).status_code == 401
    assert make_key("orders:read").post("orders/bulk", rows(order_body())).status_code == 403
    assert make_key("orders:write").post("orders/bulk", rows(order_body())).status_code == 200
    assert Order.objects.count() == 1


def test_a_row_that_breaks_tells_nothing_and_stops_nothing(shop, api, tea, monkeypatch):
    api.client.raise_request_exception = False
    do_row = OrdersBulkView.do_row

    def broken(self, raw, now):
        if raw["external_id"] == "2":
            raise RuntimeError("secret of the house")
        return do_row(self, raw, now)

    monkeypatch.setattr(OrdersBulkView, "do_row", broken)
    response = api.post("orders/bulk", rows(*[order_body(external_id=str(n)) for n in (1, 2, 3)]))
    assert [r["status"] for r in response.json()["results"]] == [201, 500, 201]
    assert "secret" not in response.content.decode()


def test_sent_again_it_gives_the_stored_answer(shop, api, tea):
    body = rows(order_body(), {"lines": "x"})
    first = api.post("orders/bulk", body, idempotency_key="k")
    again = api.post("orders/bulk", body, idempotency_key="k")
    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    other = api.post("orders/bulk", rows(order_body()), idempotency_key="k")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert Order.objects.count() == 1
    assert IdempotencyRecord.objects.count() == 1


class Killed(BaseException):
    """The process dies in the middle: nothing of ours may catch it."""


def test_cut_off_in_the_middle_it_goes_on_where_it_stopped(
    transactional_db, monkeypatch, time_machine
):
    tenant = found_company("kram", "Крам")
    with tenant_scope(tenant.pk), transaction.atomic():
        make_variant("TEA-1", on_hand=10)
        api = make_key()
    body = rows(*[order_body(customer_comment=str(n)) for n in range(4)])
    do_row = OrdersBulkView.do_row

    def dying(self, raw, now):
        if raw["customer_comment"] == "2":
            raise Killed
        return do_row(self, raw, now)

    now = timezone.now()
    time_machine.move_to(now, tick=False)
    with monkeypatch.context() as patch:
        patch.setattr(OrdersBulkView, "do_row", dying)
        with pytest.raises(Killed):
            api.post("orders/bulk", body, idempotency_key="k")

    def stored():
        with tenant_scope(tenant.pk), transaction.atomic():
            return list(Order.objects.order_by("id").values_list("customer_comment", flat=True))

    assert stored() == ["0", "1"]
    early = api.post("orders/bulk", body, idempotency_key="k")
    assert (early.status_code, early.json()["code"]) == (409, "idempotency_in_progress")
    assert stored() == ["0", "1"]
    time_machine.move_to(now + timedelta(minutes=3), tick=False)
    done = api.post("orders/bulk", body, idempotency_key="k")
    assert [r["status"] for r in done.json()["results"]] == [201] * 4
    assert stored() == ["0", "1", "2", "3"]
    numbers = [r["data"]["number"] for r in done.json()["results"]]
    assert numbers == [1, 2, 3, 4]
    with tenant_scope(tenant.pk), transaction.atomic():
        assert IdempotencyRecord.objects.count() == 1


def test_without_a_key_a_cut_off_request_would_be_done_twice(shop, api, tea):
    """The control of the test above: what the Idempotency-Key is for."""
    body = rows(order_body())
    api.post("orders/bulk", body)
    api.post("orders/bulk", body)
    assert Order.objects.count() == 2


def test_products_in_bulk_are_made_and_changed(shop, api):
    def product(sku, price, **more):
        return {
            "name": f"Чай {sku}",
            "variants": [{"sku": sku, "price": {"amount": price}}],
            **more,
        }

    first = api.post("products/bulk", {"products": [product("A", "10.00"), product("B", "20.00")]})
    assert [r["status"] for r in first.json()["results"]] == [201, 201]
    changed = product("A", "12.50", category="Чай")
    changed["variants"].append({"sku": "A-2", "price": {"amount": "30.00"}})
    mixed = product("A", "1.00")
    mixed["variants"].append({"sku": "B", "price": {"amount": "1.00"}})
    second = api.post("products/bulk", {"products": [changed, mixed, {"name": "x"}]}).json()
    assert [r["status"] for r in second["results"]] == [200, 422, 422]
    data = second["results"][0]["data"]
    assert data["id"] == first.json()["results"][0]["data"]["id"]
    assert (data["category"], [(v["sku"], v["price"]["amount"]) for v in data["variants"]]) == (
        "Чай", [("A", "12.50"), ("A-2", "30.00")],
    )  # fmt: skip
    assert second["results"][1]["problem"]["errors"][0]["pointer"] == "/products/1/variants"
    assert api.get("variants?sku=B").json()["results"][0]["price"]["amount"] == "20.00"


def test_counts_in_bulk_are_absolute(shop, api, tea, cup):
    api.post("orders", order_body({"sku": "TEA-1", "quantity": 4}))
    moved = StockMovement.objects.count()
    response = api.post(
        "stock/bulk",
        {
            "counts": [
                {"sku": "TEA-1", "warehouse": "main", "on_hand": 25},
                {"sku": "CUP-1", "warehouse": "main", "on_hand": 5},
                {"sku": "NO", "warehouse": "main", "on_hand": 1},
                {"sku": "CUP-1", "warehouse": "moon", "on_hand": 1},
                {"sku": "TEA-1", "warehouse": "main", "on_hand": 3},
                {"sku": "TEA-1", "warehouse": "main", "on_hand": 9, "seen": 10},
            ]
        },
    )
    results = response.json()["results"]
    assert [r["status"] for r in results] == [200, 200, 422, 422, 409, 409]
    assert results[0]["data"] == {
        "id": str(item_of(tea).pk),
        "variant_id": str(tea.pk),
        "sku": "TEA-1",
        "warehouse": "main",
        "on_hand": 25,
        "reserved": 4,
        "available": 21,
        "cell": "",
    }
    assert [r["problem"]["code"] for r in results[4:]] == ["below_reserved", "stock_moved"]
    assert results[4]["problem"]["holders"] == [{"number": 1, "quantity": 4}]
    assert results[4]["problem"]["errors"][0]["pointer"] == "/counts/4/on_hand"
    assert StockMovement.objects.count() == moved + 1
    assert (item_of(tea).on_hand, item_of(cup).on_hand) == (25, 5)
