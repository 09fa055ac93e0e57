"""Whose rows running code works with: opened at the doors, closed by itself."""

import re
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from crm.api.actions import create_key
from crm.audit.actor import Actor
from crm.tenancy.context import (
    NoTenant,
    ScopeInTransaction,
    current_tenant_id,
    peek_tenant_id,
    tenant_scope,
)
from crm.tenancy.keys import make_key, tenant_of_key
from crm.tenancy.middleware import forget_tenants
from crm.tenancy.models import Counter, Tenant, take_numbers
from crm.tenancy.system import rows_of_tenants, tenants_with_rows
from customers.models import Customer
from tests.tenancy.rows import make_row

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def committed(transactional_db):
    """Two companies that are really stored: the transactions below are real ones."""
    return Tenant.objects.create(slug="one", name="One"), Tenant.objects.create(
        slug="two", name="Two"
    )


def setting() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant_id', true)")
        return cursor.fetchone()[0] or ""


def test_outside_a_scope_tenant_rows_raise(db):
    with pytest.raises(NoTenant):
        current_tenant_id()
    with pytest.raises(NoTenant):
        Customer.objects.count()
    with pytest.raises(NoTenant):
        Customer._base_manager.count()
    assert peek_tenant_id() is None


def test_the_transaction_carries_the_tenant_and_leaves_nothing_behind(committed):
    one, two = committed
    with tenant_scope(one.pk), transaction.atomic():
        assert setting() == str(one.pk)
        with transaction.atomic():
            assert setting() == str(one.pk)
    assert setting() == ""
    with tenant_scope(two.pk), transaction.atomic():
        assert setting() == str(two.pk)
    with transaction.atomic():
        assert setting() == ""


def test_autocommit_sees_no_tenant_rows(committed):
    one, _two = committed
    with tenant_scope(one.pk):
        with transaction.atomic():
            make_row(Customer)
            assert Customer.objects.count() == 1
        assert Customer.objects.count() == 0


def test_a_scope_is_not_opened_inside_a_transaction(committed):
    one, two = committed
    with tenant_scope(one.pk), transaction.atomic():
        with pytest.raises(ScopeInTransaction), tenant_scope(two.pk):
            pass
        assert current_tenant_id() == one.pk
        with tenant_scope(one.pk):  # the same one changes nothing
            assert setting() == str(one.pk)


def test_a_scope_closes_after_an_error(committed):
    one, two = committed
    with tenant_scope(one.pk):
        with pytest.raises(ZeroDivisionError), tenant_scope(two.pk), transaction.atomic():
            raise ZeroDivisionError
        assert current_tenant_id() == one.pk
        with transaction.atomic():
            assert setting() == str(one.pk)


def test_a_query_keeps_the_tenant_it_was_made_for(committed):
    one, two = committed
    with tenant_scope(one.pk), transaction.atomic():
        make_row(Customer)
        made_for_one = Customer.objects.all()
    with tenant_scope(two.pk), transaction.atomic():
        assert list(made_for_one) == []


def test_numbers_have_no_gaps(committed):
    one, two = committed
    with tenant_scope(one.pk):
        with transaction.atomic():
            assert take_numbers("order") == 1
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            assert take_numbers("order", 3) == 2
            raise ZeroDivisionError
        with transaction.atomic():
            assert take_numbers("order", 2) == 2
            assert take_numbers("order") == 4
            assert Counter.objects.get(kind="order").last == 4
    with tenant_scope(two.pk), transaction.atomic():
        assert take_numbers("order") == 1


@pytest.mark.django_db(transaction=True, databases=["default", "system"])
def test_the_scheduler_finds_tenants_across_the_walls(committed):
    one, two = committed
    for tenant in committed:
        with tenant_scope(tenant.pk), transaction.atomic():
            take_numbers("order", tenant.pk)
    three = Tenant.objects.create(slug="three", name="Three", active=False)
    with tenant_scope(three.pk), transaction.atomic():
        take_numbers("order")
    found = tenants_with_rows(table="tenancy_counter", condition=f"r.last >= {two.pk}")
    assert found == [two.pk]
    assert tenants_with_rows(table="tenancy_counter", condition="true") == [one.pk, two.pk]
    assert [row[0] for row in rows_of_tenants(table="tenancy_counter", condition="true")] == [
        one.pk,
        two.pk,
    ]


def test_the_system_login_is_used_in_one_place():
    asks = re.compile(r"""using\(\s*["']system|connections\[\s*["']system|using=["']system""")
    folders = ("config", "crm", "customers", "inventory", "orders", "messaging", "analytics")
    users = {
        str(path.relative_to(ROOT))
        for folder in (*folders, "integrations", "bench")
        for path in (ROOT / folder).rglob("*.py")
        if asks.search(path.read_text())
    }
    assert users == {"crm/tenancy/system.py"}


def test_a_key_names_its_tenant():
    for tenant_id in (1, 35, 36, 10**12):
        assert tenant_of_key(make_key(tenant_id)) == tenant_id
    for text in ("", "kram_", "kram_1_short", "sk_1_" + "a" * 32, f"{make_key(1)} "):
        assert tenant_of_key(text) is None


def test_a_key_that_names_another_tenant_opens_nothing(shop, neighbour):
    _key, text = create_key(
        name="Site", scopes=["orders:read"], actor=Actor.system(), now=timezone.now()
    )
    ask = {"authorization": f"Bearer {text}"}
    assert Client().get("/api/v1/orders", headers=ask).status_code == 200
    prefix, _own, secret = text.split("_", 2)
    stolen = make_key(neighbour.pk).split("_", 2)[1]
    answer = Client().get(
        "/api/v1/orders", headers={"authorization": f"Bearer {prefix}_{stolen}_{secret}"}
    )
    assert answer.status_code == 401


def test_a_page_of_a_company_that_is_switched_off_is_not_there(shop, owner, client_of):
    client = client_of(owner)
    assert client.get("/shop/settings/").status_code == 200
    Tenant.objects.filter(pk=shop.pk).update(active=False)
    forget_tenants()  # done by itself a few seconds later
    assert client.get("/shop/settings/").status_code == 404
