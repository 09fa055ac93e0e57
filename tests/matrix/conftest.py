"""The two companies of the matrix."""

from types import SimpleNamespace

import pytest

from crm.tenancy.context import tenant_scope
from tests.matrix.world import fill


@pytest.fixture
def ours(shop, owner) -> SimpleNamespace:
    return fill(shop, owner, orders=2)


@pytest.fixture
def theirs(neighbour, neighbour_owner) -> SimpleNamespace:
    with tenant_scope(neighbour.pk):
        return fill(neighbour, neighbour_owner, orders=5)
