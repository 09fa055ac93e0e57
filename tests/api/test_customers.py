"""Customers by API."""

import pytest

from customers.models import Customer
from tests.api.conftest import order_body

OLENA = {
    "name": "Олена Шевченко",
    "phone": "067 123 45 67",
    "email": "Olena@Example.com",
    "language": "uk",
    "tags": ["опт"],
}


@pytest.fixture
def olena(shop, api):
    return api.post("customers", OLENA).json()


def test_a_customer_is_made_and_read(shop, api):
    made = api.post("customers", OLENA)
    assert made.status_code == 201
    body = made.json()
    assert made["Location"] == f"/api/v1/customers/{body['id']}"
    assert body["contacts"] == [
        {"kind": "phone", "value": "+380671234567", "is_primary": True},
        {"kind": "email", "value": "olena@example.com", "is_primary": True},
    ]
    assert (body["phone"], body["email"]) == ("+380671234567", "olena@example.com")
    assert (body["tags"], body["language"], body["is_blocked"]) == (["опт"], "uk", False)
    read = api.get(f"customers/{body['id']}")
    assert read.json() == body
    assert read["ETag"] == made["ETag"]
    assert api.get("customers/999").status_code == 404


def test_a_contact_has_one_owner(api, olena):
    taken = api.post("customers", {"name": "Інша", "phone": "+380671234567"})
    assert (taken.status_code, taken.json()["code"]) == (409, "contact_taken")
    assert taken.json()["customer_id"] == olena["id"]
    assert taken.json()["errors"][0]["pointer"] == "/phone"
    assert Customer.objects.count() == 1
    assert api.post("customers", {"name": "Інша", "phone": "0509998877"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/name", "required"),
        ({"name": "  "}, "/name", "required"),
        ({"phone": "12"}, "/phone", "bad_phone"),
        ({"email": "olena"}, "/email", "bad_email"),
        ({"name": "x" * 201}, "/name", "max_length"),
        ({"name": "x", "language": "de"}, "/language", "invalid_choice"),
        ({"name": "x", "phones": []}, "/phones", "unknown_field"),
    ],
)
def test_wrong_customers_are_refused(shop, api, body, pointer, code):
    response = api.post("customers", body)
    assert response.status_code == 422
    assert [(e["pointer"], e["code"]) for e in response.json()["errors"]] == [(pointer, code)]
    assert not Customer.objects.exists()


def test_changes_and_their_guard(api, olena):
    url = f"customers/{olena['id']}"
    etag = api.get(url)["ETag"]
    done = api.patch(
        url,
        {"name": "Олена Бойко", "phone": "0509998877", "tags": ["vip"], "is_blocked": True},
        if_match=etag,
    )
    assert done.status_code == 200, done.content
    body = done.json()
    assert (body["name"], body["phone"], body["tags"], body["is_blocked"]) == (
        "Олена Бойко", "+380509998877", ["vip"], True,
    )  # fmt: skip
    late = api.patch(url, {"name": "x"}, if_match=etag)
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    assert api.get(url).json() == body
    assert api.patch(url, {"is_blocked": False}, if_match=done["ETag"]).status_code == 200
    assert api.patch("customers/999", {"name": "x"}).status_code == 404


def test_lists_find_the_one_and_leave_the_other(api, olena, tea):
    other = api.post("orders", order_body(customer={"name": "Тарас", "phone": "0501112233"})).json()
    for query in ["phone=067 123 45 67", "phone=+380671234567", "email=olena@example.com",
                  "tag=опт", "q=0671234567", "q=olena"]:  # fmt: skip
        found = api.get(f"customers?{query}").json()["results"]
        assert [c["id"] for c in found] == [olena["id"]], query
    found = api.get("customers?phone=0501112233").json()["results"]
    assert [c["id"] for c in found] == [other["customer"]["id"]]
    assert len(api.get("customers").json()["results"]) == 2
    assert api.get("customers?is_blocked=true").json()["results"] == []
