"""By which index a program is told what has changed."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone

from bench.fill_orders import fill
from crm.api.paging import read_page
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from orders.api import params
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
