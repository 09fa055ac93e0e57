"""Fields of the company's own on products: form, card, filter, API, guarded, taken out again."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.audit.models import AuditEntry
from crm.fields.models import FieldValue
from inventory.actions.catalogue import CatalogueError, NewVariant, create_product, edit_product
from inventory.actions.remove import remove_products
from inventory.models import Product
from tests.api.conftest import make_key
from tests.fields.conftest import SYSTEM, make_field

BY = {"actor": SYSTEM}


@pytest.fixture(autouse=True)
def _fields(shop):
    make_field("Матеріал", "choices", kind="product", code="made_of", options=["Льон", "Шовк"])
    make_field("Постачальник", "link", kind="product", code="supplier")
    make_field("Гарантія, міс.", "number", kind="product", code="warranty")


@pytest.fixture
def desk(client_of, admin):
    client = client_of(admin)
    client.cookies["kram_language"] = "en"
    return client


@pytest.fixture
def scarf(shop):
    return create_product(
        name="Хустка",
        variants=[NewVariant("SC-1", Decimal(900))],
        custom={"made_of": ["lon"], "warranty": 12},
        now=timezone.now(),
        **BY,
    )


def url(product, path=""):
    return f"/shop/products/{product.pk}/{path}"


def found(desk, query):
    response = desk.get(f"/shop/products/?{query}")
    assert response.status_code == 200
    return set(re.findall(r"Хустка|Плед", response.text))


def facts(page):
    """The form of facts as the browser sends it back."""
    hidden = re.findall(r'<input type="hidden" name="(initial-[^"]+)" value="([^"]*)"', page)
    data: dict = {}
    for name, value in hidden:
        data.setdefault(name, []).append(value)
    return {"name": "Хустка", "brand": "", "category": "", "description": "", **data}


def test_a_new_product_is_asked_and_shown(desk):
    form = {"name": "Плед", "row": "0", "rows": "0", "v0-sku": "PL-1", "v0-price": "500"}
    form |= {"custom.made_of": ["lon", "shovk"], "custom.warranty": "24"}
    answer = desk.post("/shop/products/new/", form)
    assert answer.status_code == 303, answer.text
    made = Product.objects.get()
    assert made.custom == {"made_of": ["lon", "shovk"], "warranty": 24}
    assert re.search(r"<dd>Льон, Шовк</dd>", desk.get(url(made)).text)


def test_a_change_is_saved_told_and_guarded(desk, scarf):
    seen = facts(desk.get(url(scarf, "facts/")).text)
    typed = {**seen, "custom.made_of": ["shovk"], "custom.warranty": "12"}
    assert desk.post(url(scarf, "facts/"), typed).status_code == 200
    scarf.refresh_from_db()
    assert scarf.custom == {"made_of": ["shovk"], "warranty": 12}
    told = AuditEntry.objects.get(action="product.edited").changes
    assert told == {"custom:Матеріал": ["Льон", "Шовк"]}
    late = desk.post(url(scarf, "facts/"), {**seen, "custom.warranty": "12"})
    assert late.status_code == 409
    scarf.refresh_from_db()
    assert scarf.custom["made_of"] == ["shovk"]
    # The comparison was seen: the second time is meant.
    again = {**facts(late.text), "custom.warranty": "12"}
    assert desk.post(url(scarf, "facts/"), again).status_code == 200
    scarf.refresh_from_db()
    assert scarf.custom == {"warranty": 12}


def test_the_action_refuses(scarf):
    now = timezone.now()
    with pytest.raises(CatalogueError) as refused:
        edit_product(product_id=scarf.pk, changes={"custom.supplier": "ftp://x"}, now=now, **BY)
    assert (refused.value.code, refused.value.facts) == ("bad_link", {"own": "supplier"})
    with pytest.raises(CatalogueError, match="stale"):
        edit_product(
            product_id=scarf.pk,
            changes={"custom.warranty": 6},
            expected=scarf.updated_at - timedelta(seconds=1),
            now=now,
            **BY,
        )
    scarf.refresh_from_db()
    assert scarf.custom["warranty"] == 12


def test_the_table_is_filtered(desk, scarf, django_assert_max_num_queries):
    create_product(name="Плед", variants=[NewVariant("PL-1", Decimal(1))], now=timezone.now(), **BY)
    assert found(desk, "") == {"Хустка", "Плед"}
    assert found(desk, "custom.made_of=lon") == {"Хустка"}
    assert found(desk, "custom.warranty.from=13") == set()
    with django_assert_max_num_queries(18):
        found(desk, "custom.made_of=lon&custom.warranty.till=12")


def test_api_writes_reads_refuses_and_filters(scarf):
    api = make_key()
    variant = {"sku": "PL-1", "price": {"amount": "1.00"}}
    body = {"name": "Плед", "variants": [variant], "custom": {"warranty": 6}}
    made = api.post("products", body)
    assert made.status_code == 201
    assert made.json()["custom"] == {"warranty": 6}
    place = f"products/{made.json()['id']}"
    assert api.patch(place, {"custom": {"warranty": 7}}).json()["custom"] == {"warranty": 7}
    refused = api.patch(place, {"custom": {"supplier": "x"}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/custom/supplier"
    many = {"products": [{**body, "custom": {"warranty": 8}}]}
    assert api.post("products/bulk", many).json()["results"][0]["status"] == 200
    assert api.get(place).json()["custom"] == {"warranty": 8}
    rows = api.get("products?custom[warranty]=10..").json()["results"]
    assert [row["name"] for row in rows] == ["Хустка"]


def test_what_is_taken_out_leaves_no_values(scarf):
    assert FieldValue.objects.count() == 2
    kept = remove_products(product_ids=[scarf.pk], now=timezone.now(), **BY)
    assert (kept, FieldValue.objects.count()) == ({}, 0)
