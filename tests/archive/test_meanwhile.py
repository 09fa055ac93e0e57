"""What other people do while an archive is written or taken in."""

import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from config.archive.fill import fill_company
from config.archive.read import open_archive
from config.archive.write import write_archive
from crm.audit.actor import Actor
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from customers.models import Customer, CustomerTag
from tests.fixtures.cast import found_company

pytestmark = [pytest.mark.django_db(transaction=True)]


def elsewhere(work: Callable[[], object]) -> BaseException | None:
    """Do the work by another connection; return what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except OperationalError as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised[0] if raised else None


def add_customer(tenant: Tenant) -> None:
    with tenant_scope(tenant.pk), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
        made = Customer.objects.create(name="Запізніла", created_at=timezone.now())
        CustomerTag.objects.create(customer=made, name="late")


def test_an_archive_is_of_one_moment_and_a_company_that_is_filled_is_locked(source, tmp_path):
    path = tmp_path / "shop.zip"
    came: list[BaseException | None] = []

    def disturb(facts, _number: int, _all: int) -> None:
        # Customers are in the file; their tags are not yet.
        if facts.name == "customers_customer":
            came.append(elsewhere(lambda: add_customer(source)))

    with tenant_scope(source.pk), path.open("wb") as file:
        manifest = write_archive(file, tenant=source, now=timezone.now(), tell=disturb)
    assert came == [None]
    with tenant_scope(source.pk), transaction.atomic():
        assert CustomerTag.objects.filter(name="late").count() == 1
        there = {t.name: t.rows for t in manifest.tables}
        assert Customer.objects.count() == there["customers_customer"] + 1
        assert CustomerTag.objects.count() == there["customers_customertag"] + 1

    target = found_company("target", "Ціль")
    refused: list[BaseException | None] = []

    def write_beside(facts, _number: int, _all: int) -> None:
        if facts.name == "customers_customer":
            refused.append(elsewhere(lambda: add_customer(target)))

    with tenant_scope(target.pk), open_archive(path) as archive:
        report = fill_company(
            archive, actor=Actor.system("test"), now=timezone.now(), tell=write_beside
        )
    assert report.is_equal
    assert "lock timeout" in str(refused[0])
    with tenant_scope(target.pk), transaction.atomic():
        assert Customer.objects.count() == there["customers_customer"]
    assert elsewhere(lambda: add_customer(target)) is None  # when it is filled they go on
