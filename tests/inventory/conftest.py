"""A store with one warehouse, for tests that roll back and for those that commit."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import connections, transaction

from crm.audit.actor import Actor
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from inventory.actions.setup import set_up_inventory
from inventory.factories import make_variant
from inventory.models import Warehouse

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ACTOR = Actor.system("test")


@pytest.fixture
def store(db: None) -> Iterator[Tenant]:
    """A company in scope; the test rolls back."""
    tenant = Tenant.objects.create(slug="kolo", name="Коло")
    with tenant_scope(tenant.pk):
        yield tenant


@pytest.fixture
def warehouse(store: Tenant) -> Warehouse:
    return set_up_inventory(now=NOW)


class Committed:
    """A company whose rows are really stored, for tests with several connections."""

    def __init__(self) -> None:
        self.tenant = Tenant.objects.create(slug="zapas", name="Запас")

    def run(self, work: Callable[[], object]) -> object:
        """Do work as a request does: in the company's scope, in one transaction."""
        with tenant_scope(self.tenant.pk), transaction.atomic():
            return work()

    def race(self, works: list[Callable[[], object]], *, seconds: float = 60) -> list[object]:
        """Run all at once, each on its own connection; return results or the exceptions."""
        results: list[object] = [None] * len(works)
        barrier = Barrier(len(works))

        def one(place: int) -> None:
            try:
                connections["default"].ensure_connection()
                barrier.wait(seconds)
                results[place] = self.run(works[place])
            except Exception as error:  # told to the test, whatever it is
                results[place] = error
            finally:
                connections.close_all()

        threads = [Thread(target=one, args=(place,), daemon=True) for place in range(len(works))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds)
            assert not thread.is_alive(), "a racer hangs"
        return results


@pytest.fixture
def committed(transactional_db: None) -> Committed:
    return Committed()


@pytest.fixture
def tea(shop):
    return make_variant(
        "TEA", product="Чай «Карпатський»", on_hand=10, cost=Decimal("40"), barcodes=["4820001"]
    )


@pytest.fixture
def page(client_of, owner):
    """Fetch as the owner; `page.of(member)` as somebody else."""
    return Browser(client_of, owner)


class Browser:
    def __init__(self, client_of, member):
        self._client_of = client_of
        self.client = client_of(member)
        self.client.cookies["kram_language"] = "en"

    def of(self, member):
        return Browser(self._client_of, member)

    def get(self, path, status=200, **kwargs):
        response = self.client.get(f"/shop/{path}", **kwargs)
        assert response.status_code == status, response.content.decode()[:2000]
        return response.content.decode()

    def post(self, path, data, status=200, **kwargs):
        response = self.client.post(f"/shop/{path}", data, **kwargs)
        assert response.status_code == status, response.content.decode()[:2000]
        return response
