"""By which index a program is told what has changed."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone

from bench.fill_orders import fill
from crm.api.callers import Caller
from crm.api.paging import read_page
from crm.audit.actor import Actor
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from orders.api import params, reading
from orders.models import Order
from tests.orders.test_list_plans import assert_no_table_is_read_through, indexes_of, plans_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "owner", "system"]),
]


@pytest.mark.parametrize("ordering", ["updated_at", "-updated_at"])
def test_changed_orders_are_read_by_the_time_of_their_change(ordering):
    fill(orders=3000, others=1, each=500)
    since = timezone.now() - timedelta(days=1)
    with tenant_scope(Tenant.objects.get(slug="big").pk), transaction.atomic():
        for rows in (Order.objects.all(), Order.objects.filter(updated_at__gte=since)):
            nodes = plans_of(
                lambda rows=rows: read_page(
                    RequestFactory().get("/"),
                    rows.values("id", "updated_at"),
                    {"ordering": ordering},
                    params.ORDERINGS,
                )
            )
            assert_no_table_is_read_through(nodes)
            assert "orders_order_changed" in indexes_of(nodes)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "orders_order_newest"),
        ({"number": 77}, "orders_order_number"),
        ({"q": "1077"}, "orders_order_pkey"),
    ],
)
def test_the_newest_orders_are_read_by_an_index(wanted, index):
    fill(orders=3000, others=1, each=500)
    key = Caller(actor=Actor.system("test"), sender="key:1")
    with tenant_scope(Tenant.objects.get(slug="big").pk), transaction.atomic():
        nodes = plans_of(lambda: reading.read_newest(wanted, 51, key))
    assert_no_table_is_read_through(nodes)
    assert index in indexes_of(nodes)
