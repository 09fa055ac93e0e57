"""Files that came in long ago are forgotten; what they did stays, and can be taken back."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from crm.accounts.permissions import Role
from crm.audit.models import AuditEntry
from crm.tenancy.context import tenant_scope
from customers.models import Customer
from integrations.imports.actions.forgetting import KEEP_FOR, forget_old_files
from integrations.imports.actions.upload import begin_import
from integrations.imports.models import Chunk, FilePart, Import, ImportState
from integrations.imports.tasks import forget_files
from tests.fixtures.cast import found_company, hire

FILE = "name,phone\nОлена,+380671234567\nАндрій,+380501112233\nбез телефону,abc\n"
LIST = "/shop/settings/import/"


def aged(run: Import, days: int) -> Import:
    Import.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=days))
    return run


def forget() -> int:
    return forget_old_files(now=timezone.now())


def test_the_file_of_an_import_that_is_over_goes_and_its_work_stays(desk, owner, client_of):
    browser = client_of(owner)
    run = desk.bring("customers", FILE)
    page = f"{LIST}{run.pk}/"
    assert browser.get(f"{page}rows.csv").status_code == 200
    aged(run, KEEP_FOR.days - 1)
    assert forget() == 0
    assert FilePart.objects.filter(run=run).exists()

    aged(run, KEEP_FOR.days + 1)
    assert forget() == 1
    assert forget() == 0
    assert not FilePart.objects.filter(run=run).exists()
    run.refresh_from_db()
    assert (run.samples, run.state) == ([], ImportState.DONE)
    kept = Chunk.objects.filter(run=run).values_list("data", "verdicts")
    assert {(bytes(data), len(verdicts)) for data, verdicts in kept} == {(b"", 0)}

    assert browser.get(f"{page}rows.csv").status_code == 404
    assert browser.get(f"{page}errors.csv").status_code == 404
    shown = browser.get(page)
    assert shown.status_code == 200
    assert shown.context["counts"]["new"] == 2
    assert Customer.objects.count() == 2

    assert desk.undo(run) == []
    assert Customer.objects.count() == 0


def test_what_was_never_brought_in_goes_whole(desk):
    waiting, checked = desk.upload("customers", FILE), desk.check(desk.upload("customers", FILE))
    fresh = desk.upload("customers", FILE)
    for run in (waiting, checked):
        aged(run, KEEP_FOR.days + 1)
    assert forget() == 2
    assert list(Import.objects.values_list("pk", flat=True)) == [fresh.pk]
    assert FilePart.objects.count() == 1
    assert AuditEntry.objects.filter(action="import.discarded").count() == 2


@pytest.mark.parametrize("state", [ImportState.RUNNING, ImportState.CHECKING, ImportState.UNDOING])
def test_work_that_goes_on_keeps_its_file(desk, state):
    run = aged(desk.bring("customers", FILE), KEEP_FOR.days + 1)
    Import.objects.filter(pk=run.pk).update(state=state)
    assert forget() == 0
    Import.objects.filter(pk=run.pk).update(state=ImportState.DONE)
    assert forget() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "system"])
def test_the_beat_goes_through_the_companies():
    shop = found_company("shop", "Крамниця")
    with tenant_scope(shop.pk):
        with transaction.atomic():
            member = hire(shop, Role.OWNER)
            old, fresh = (
                begin_import(
                    kind="customers",
                    file_name="file.csv",
                    pieces=[FILE.encode()],
                    member=member,
                    now=timezone.now(),
                )
                for _n in range(2)
            )
            aged(old, KEEP_FOR.days + 1)
        forget_files()
        with transaction.atomic():
            assert list(Import.objects.values_list("pk", flat=True)) == [fresh.pk]
