"""Rows read in portions inside a transaction can be locked, and the tenant stays in force."""

import pytest
from django.db import transaction

from crm.tenancy.models import Tenant


@pytest.mark.django_db(transaction=True)
def test_iterator_may_lock_rows_inside_a_transaction():
    Tenant.objects.create(slug="shop", name="Shop")
    with transaction.atomic():
        rows = Tenant.objects.select_for_update(no_key=True).iterator(chunk_size=1)
        assert [row.slug for row in rows] == ["shop"]


@pytest.mark.django_db(transaction=True)
def test_iterator_works_without_a_transaction():
    Tenant.objects.create(slug="shop", name="Shop")
    assert [row.slug for row in Tenant.objects.iterator(chunk_size=1)] == ["shop"]
