"""Products, variants and stock by API."""

import pytest

from inventory.factories import item_of
from inventory.models import Product, StockDocument, Variant
from tests.api.conftest import order_body


def tea_body(**more):
    return {
        "name": "Чай «Карпати»",
        "brand": "Полонина",
        "variants": [
            {
                "sku": "CHAI-100",
                "name": "100 г",
                "price": {"amount": "189.00", "currency": "UAH"},
                "cost": {"amount": "95.00"},
                "barcodes": ["4820000000017"],
                "weight_g": 110,
                "tax_rate": "20",
            }
        ],
        **more,
    }


@pytest.fixture
def product(shop, api):
    return api.post("products", tea_body()).json()


def test_a_product_is_made_and_read(shop, api):
    made = api.post("products", tea_body())
    assert made.status_code == 201
    body = made.json()
    assert made["Location"] == f"/api/v1/products/{body['id']}"
    (variant,) = body["variants"]
    assert (variant["sku"], variant["price"], variant["cost"]) == (
        "CHAI-100",
        {"amount": "189.00", "currency": "UAH"},
        {"amount": "95.00", "currency": "UAH"},
    )
    assert (variant["barcodes"], variant["weight_g"], variant["tax_rate"]) == (
        ["4820000000017"], 110, "20.00",
    )  # fmt: skip
    assert api.get(f"products/{body['id']}").json() == body
    assert api.get(f"variants/{variant['id']}").json() == variant
    for query in ("sku=CHAI-100", "barcode=4820000000017", f"product={body['id']}"):
        assert api.get(f"variants?{query}").json()["results"] == [variant], query
    for query in ("sku=CHAI-100", "q=карпати", "is_active=true"):
        assert api.get(f"products?{query}").json()["results"] == [body], query
    for query in ("sku=OTHER", "is_active=false", "category=Кава"):
        assert api.get(f"products?{query}").json()["results"] == [], query


def _variant(**changes):
    return [{**tea_body()["variants"][0], **changes}]


@pytest.mark.parametrize(
    ("change", "status", "pointer", "code"),
    [
        ({"variants": _variant(sku="CHAI-100", barcodes=[])}, 409, "/variants/0/sku", "sku_taken"),
        ({"variants": _variant(sku="NEW")}, 409, "/variants/0/barcodes", "barcode_taken"),
        ({"variants": _variant(sku="")}, 422, "/variants/0/sku", "blank"),
        ({"variants": []}, 422, "/variants", "empty"),
        ({"name": " "}, 422, "/name", "blank"),
        (
            {"variants": _variant(sku="N", barcodes=[], price={"amount": "1", "currency": "XXX"})},
            422, "/variants/0/price/currency", "unknown_currency",
        ),
    ],
)  # fmt: skip
def test_wrong_products_are_refused_whole(api, product, change, status, pointer, code):
    response = api.post("products", tea_body(**change))
    assert response.status_code == status, response.content
    assert [(e["pointer"], e["code"]) for e in response.json()["errors"]] == [(pointer, code)]
    assert Product.objects.count() == 1
    fine = tea_body(variants=_variant(sku="NEW", barcodes=[]))
    assert api.post("products", fine).status_code == 201


def test_changes_of_a_product_and_their_guard(api, product):
    url = f"products/{product['id']}"
    etag = api.get(url)["ETag"]
    done = api.patch(url, {"name": "Чай", "is_active": False}, if_match=etag)
    assert (done.json()["name"], done.json()["is_active"]) == ("Чай", False)
    assert done.json()["brand"] == "Полонина"
    late = api.patch(url, {"name": "Кава"}, if_match=etag)
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    assert Product.objects.get().name == "Чай"
    assert api.patch(url, {"name": "Кава"}, if_match=done["ETag"]).status_code == 200
    assert api.patch(url, {"name": ""}).json()["errors"][0]["code"] == "blank"
    assert api.patch("products/999", {"name": "x"}).status_code == 404


def test_changes_of_a_variant_and_their_guard(api, product):
    url = f"variants/{product['variants'][0]['id']}"
    etag = api.get(url)["ETag"]
    done = api.patch(
        url, {"price": {"amount": "199.00"}, "cost": None, "barcodes": ["1"]}, if_match=etag
    )
    body = done.json()
    assert (body["price"]["amount"], body["cost"], body["barcodes"]) == ("199.00", None, ["1"])
    assert body["sku"] == "CHAI-100"
    assert api.patch(url, {"name": "x"}, if_match=etag).status_code == 412
    assert Variant.objects.get().name == "100 г"
    assert api.patch("variants/999", {"name": "x"}).status_code == 404


def test_a_variant_is_added(api, product):
    body = {"product_id": product["id"], "sku": "CHAI-250", "price": {"amount": "420.00"}}
    made = api.post("variants", body)
    assert (made.status_code, made.json()["product_id"]) == (201, product["id"])
    again = api.post("variants", body)
    assert (again.status_code, again.json()["code"]) == (409, "sku_taken")
    nowhere = api.post("variants", {**body, "product_id": "999", "sku": "X"})
    assert nowhere.json()["errors"][0]["code"] == "unknown_product"


# --- Stock ------------------------------------------------------------------------------------


def test_goods_are_received(shop, api, tea):
    api.post("orders", order_body({"sku": "TEA-1", "quantity": 12}))
    body = {
        "warehouse": "main",
        "token": "ПН-118",
        "lines": [{"sku": "TEA-1", "quantity": 5, "unit_cost": {"amount": "90.00"}}],
    }
    first = api.post("stock/receipts", body)
    assert (first.status_code, first.json()["kind"], first.json()["number"]) == (201, "receipt", 2)
    assert api.post("stock/receipts", body).json() == first.json()
    item = item_of(tea)
    assert (item.on_hand, item.reserved) == (15, 12)
    row = api.get("stock?sku=TEA-1&warehouse=main").json()["results"][0]
    assert (row["on_hand"], row["reserved"], row["available"]) == (15, 12, 3)
    assert api.get("stock?sku=NO").json()["results"] == []
    assert api.get("stock?warehouse=moon").json()["results"] == []


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"warehouse": "moon"}, "/warehouse", "unknown_warehouse"),
        ({"lines": [{"sku": "NO", "quantity": 1}]}, "/lines/0/sku", "unknown_sku"),
        ({"lines": [{"variant_id": "999", "quantity": 1}]}, "/lines/0/variant_id",
         "unknown_variant"),
        ({"lines": [{"quantity": 1}]}, "/lines/0/sku", "required"),
        ({"lines": [{"sku": "TEA-1", "quantity": 0}]}, "/lines/0/quantity", "min_value"),
        ({"lines": []}, "/lines", "no_lines"),
    ],
)  # fmt: skip
def test_wrong_receipts_are_refused(shop, api, tea, change, pointer, code):
    body = {"warehouse": "main", "lines": [{"sku": "TEA-1", "quantity": 1}]}
    papers = StockDocument.objects.count()
    response = api.post("stock/receipts", {**body, **change})
    assert response.status_code == 422, response.content
    assert [(e["pointer"], e["code"]) for e in response.json()["errors"]] == [(pointer, code)]
    assert StockDocument.objects.count() == papers
    assert item_of(tea).on_hand == 10
    assert api.post("stock/receipts", body).status_code == 201


def test_books_are_corrected(shop, api, tea):
    api.post("orders", order_body({"sku": "TEA-1", "quantity": 4}))

    def correct(**line):
        body = {"warehouse": "main", "lines": [{"sku": "TEA-1", **line}]}
        return api.post("stock/corrections", body)

    assert correct(counted=10).json() == {"changed": False}
    done = correct(counted=8, seen=10)
    assert (done.status_code, done.json()["kind"]) == (201, "correction")
    assert item_of(tea).on_hand == 8
    assert correct(delta=-1).status_code == 201
    late = correct(counted=9, seen=8)
    assert (late.status_code, late.json()["code"], late.json()["on_hand"]) == (
        409, "stock_moved", 7,
    )  # fmt: skip
    held = correct(counted=3)
    assert (held.status_code, held.json()["code"]) == (409, "below_reserved")
    assert (held.json()["on_hand"], held.json()["reserved"]) == (7, 4)
    for line in ({}, {"counted": 1, "delta": 1}):
        assert correct(**line).json()["errors"][0]["pointer"] == "/lines/0/counted"
    assert item_of(tea).on_hand == 7


def test_the_member_at_fault_is_pointed_at(shop, api, tea):
    price = {"price": {"amount": "5.00", "currency": "UAH"}}
    coded = {"sku": "CUP-9", "barcodes": ["111"], **price}
    assert api.post("products", {"name": "Чашка", "variants": [coded]}).status_code == 201
    product = api.get("products").json()["results"][0]["id"]

    def pointer_of(path, body):
        return api.post(path, body).json()["errors"][0]["pointer"]

    fresh = {"sku": "CUP-1", **price}
    for variant, member in (({**fresh, "sku": "CUP-9"}, "sku"), (coded | fresh, "barcodes")):
        two = {"name": "Чашки", "variants": [{"sku": "CUP-2", **price}, variant]}
        assert pointer_of("products", two) == f"/variants/1/{member}"
        assert pointer_of("variants", {"product_id": product, **variant}) == f"/{member}"
    none = {"warehouse": "main", "lines": [{"sku": "TEA-1", "quantity": 0}]}
    assert pointer_of("stock/receipts", none) == "/lines/0/quantity"


def test_a_token_is_of_one_paper_with_one_content(shop, api, tea, cup):
    def send(path, *lines, warehouse="main"):
        body = {"warehouse": warehouse, "token": "ПН-7", "lines": list(lines)}
        answer = api.post(path, body)
        return answer.status_code, answer.json().get("code")

    ten = {"sku": "TEA-1", "quantity": 10}
    assert send("stock/receipts", ten, ten) == (201, None)
    assert send("stock/receipts", {"sku": "TEA-1", "quantity": 20}) == (201, None)
    for other in ([ten], [ten, {"sku": "CUP-1", "quantity": 10}], [{**ten, "sku": "CUP-1"}]):
        assert send("stock/receipts", *other) == (409, "token_reused")
    assert send("stock/corrections", {"sku": "TEA-1", "delta": 20}) == (409, "token_reused")
    assert item_of(tea).on_hand == 30


def test_a_refused_count_says_why_at_its_line(shop, api, tea):
    api.post("orders", order_body({"sku": "TEA-1", "quantity": 4}))
    for line, code in (
        ({"counted": 3}, "below_reserved"),
        ({"counted": 5, "seen": 7}, "stock_moved"),
    ):
        body = {"warehouse": "main", "lines": [{"sku": "TEA-1", **line}]}
        problem = api.post("stock/corrections", body).json()
        (error,) = problem["errors"]
        assert (problem["code"], error["code"], error["pointer"]) == (code, code, "/lines/0")
        assert error["message"] == problem["title"]
