"""The demo stores have a whole history, as stores have that people founded."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from crm.audit.models import AuditEntry
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from orders.models import Order

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_demo_stores_are_founded_once_and_by_their_owner(monkeypatch):
    monkeypatch.delenv("KRAM_DEMO_FILE", raising=False)
    call_command("seed_demo", orders=20, stdout=StringIO())
    for slug, owner in (("demo", "Оксана Лозова"), ("neighbour", "Ніна Сусідка")):
        with tenant_scope(Tenant.objects.get(slug=slug).pk), transaction.atomic():
            [line] = AuditEntry.objects.filter(action="company.created")
            assert line.actor_label == owner
            assert line.at < Order.objects.latest("placed_at").placed_at
