"""Fields of the company's own on customers: form, card, history, filter, API, file, undo."""

import json
import re

import pytest
from django.utils import timezone

from crm.audit.models import AuditEntry
from crm.fields.models import FieldValue
from customers.actions.profile import create_customer, edit_customer
from customers.actions.remove import remove_customers
from customers.errors import CustomerError, StaleCustomer
from customers.models import Customer
from tests.api.conftest import make_key
from tests.fields.conftest import SYSTEM, make_field

BY = {"actor": SYSTEM}


@pytest.fixture(autouse=True)
def _fields(shop):
    make_field("День народження", "date", kind="customer", code="birthday")
    make_field("Розмір", "choice", kind="customer", code="size", options=["S", "M"])
    make_field("Дітей", "number", kind="customer", code="kids")


@pytest.fixture
def desk(client_of, manager):
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    return client


@pytest.fixture
def olena(shop):
    custom = {"size": "s", "birthday": "1990-05-01"}
    now = timezone.now()
    return create_customer(name="Олена", phone="0671234567", custom=custom, now=now, **BY)


def url(customer, path=""):
    return f"/shop/customers/{customer.pk}/{path}"


def found(desk, query):
    response = desk.get(f"/shop/customers/?{query}")
    assert response.status_code == 200
    return {int(pk) for pk in re.findall(r'id="customer-(\d+)"', response.text)}


def test_a_new_customer_is_asked_and_shown(desk):
    form = {"name": "Тарас", "custom.size": "m", "custom.kids": "2", "custom.birthday": ""}
    assert 'name="custom.size"' in desk.get("/shop/customers/new/").text
    wrong = desk.post("/shop/customers/new/", {**form, "custom.kids": "двоє"})
    assert wrong.status_code == 422
    assert not Customer.objects.exists()
    assert desk.post("/shop/customers/new/", form).status_code == 303
    made = Customer.objects.get()
    assert made.custom == {"size": "m", "kids": 2}
    page = desk.get(url(made)).text
    assert re.search(r"<dt>Розмір</dt>\s*<dd>M</dd>", page)
    created = AuditEntry.objects.get(action="customer.created")
    assert created.changes["custom:Розмір"] == [None, "M"]


def test_a_change_is_saved_told_and_guarded(desk, olena):
    page = desk.get(url(olena, "edit/")).text
    assert "seen_custom.size" in page
    seen = {"seen_custom.size": '"s"', "seen_custom.kids": "null", "seen_name": "Олена"}
    form = {"name": "Олена", "language": "", "custom.size": "m", **seen}
    assert desk.post(url(olena, "edit/"), form).status_code == 200
    olena.refresh_from_db()
    assert olena.custom == {"size": "m"}
    told = AuditEntry.objects.get(action="customer.changed").changes
    assert told["custom:Розмір"] == ["S", "M"]
    assert "Розмір" in desk.get(url(olena) + "?part=timeline").text
    # Whoever saw the old value is shown the new one, and overwrites nothing.
    late = desk.post(url(olena, "edit/"), {**form, "custom.size": ""})
    assert late.status_code == 409
    assert "Розмір" in late.text
    olena.refresh_from_db()
    assert olena.custom == {"size": "m"}


def test_the_action_refuses_and_repeats_nothing(olena):
    now = timezone.now()
    with pytest.raises(CustomerError) as refused:
        edit_customer(customer_id=olena.pk, changes={"custom.size": "xl"}, now=now, **BY)
    assert (refused.value.code, refused.value.field) == ("unknown_option", "custom/size")
    with pytest.raises(StaleCustomer):
        changes, seen = {"custom.size": "m"}, {"custom.size": None}
        edit_customer(customer_id=olena.pk, changes=changes, seen=seen, now=now, **BY)
    before = AuditEntry.objects.count()
    edit_customer(customer_id=olena.pk, changes={"custom.size": "s"}, now=now, **BY)
    assert AuditEntry.objects.count() == before


def test_the_table_is_filtered_and_its_statements_stay(desk, olena, django_assert_max_num_queries):
    other = create_customer(
        name="Ірина", phone="0501112233", custom={"size": "m"}, now=timezone.now(), **BY
    )
    assert found(desk, "") == {olena.pk, other.pk}
    assert found(desk, "custom.size=s") == {olena.pk}
    assert found(desk, "custom.size=s&custom.size=m") == {olena.pk, other.pk}
    assert found(desk, "custom.birthday.till=1999-01-01") == {olena.pk}
    assert found(desk, "custom.size=s&q=0501112233") == set()
    page = desk.get("/shop/customers/?custom.size=s&orders=without")
    assert ("Розмір", "S", "?orders=without") in page.context["bar"].chips
    with django_assert_max_num_queries(17):
        found(desk, "custom.size=s&custom.kids.from=1")


def test_api_writes_reads_refuses_and_filters(olena):
    api = make_key()
    made = api.post("customers", {"name": "Тарас", "custom": {"size": "m", "kids": 2}})
    assert made.status_code == 201
    assert made.json()["custom"] == {"size": "m", "kids": 2}
    place = f"customers/{made.json()['id']}"
    changed = api.patch(place, {"custom": {"kids": None, "birthday": "2000-01-02"}})
    assert changed.json()["custom"] == {"size": "m", "birthday": "2000-01-02"}
    for answer in (
        api.patch(place, {"custom": {"size": "xl"}}),
        api.post("customers", {"name": "Інша", "custom": {"size": "xl"}}),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/custom/size"
    assert Customer.objects.count() == 2
    rows = api.get("customers?custom[birthday]=..1999-12-31").json()["results"]
    assert [row["id"] for row in rows] == [str(olena.pk)]
    assert api.get("customers?custom[none]=1").status_code == 400


def test_who_is_removed_leaves_no_values(olena):
    assert FieldValue.objects.count() == 2
    kept = remove_customers(customer_ids=[olena.pk], now=timezone.now(), **BY)
    assert (kept, FieldValue.objects.count()) == ({}, 0)


def test_hidden_values_can_be_anything(desk, olena):
    for text in ("{", json.dumps({"a": 1}), "[]"):
        form = {"name": "Олена", "custom.size": "s", "seen_custom.size": text}
        assert desk.post(url(olena, "edit/"), form).status_code in {200, 409}
