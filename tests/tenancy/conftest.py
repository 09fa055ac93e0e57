"""Two companies, each with a row in every table."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from tests.tenancy.rows import TENANT_MODELS, make_row


@pytest.fixture
def pair(db: None) -> SimpleNamespace:
    """`ours` and `theirs`; nobody is in scope."""
    ours = Tenant.objects.create(slug="ours", name="Ours")
    theirs = Tenant.objects.create(slug="theirs", name="Theirs")
    return SimpleNamespace(ours=ours, theirs=theirs)


@pytest.fixture
def filled(pair: SimpleNamespace) -> SimpleNamespace:
    """The pair, with a row of both in each tenant table."""
    for tenant in (pair.ours, pair.theirs):
        with tenant_scope(tenant.pk):
            for model in TENANT_MODELS:
                make_row(model)
    return pair


@pytest.fixture
def raw() -> Callable[..., list[tuple[Any, ...]]]:
    """Run SQL that names no tenant, as forgetful code would."""

    def run(sql: str, *params: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params or None)
            return cursor.fetchall() if cursor.description else []

    return run
