"""The work of an import as jobs: cut off anywhere it goes on, and does nothing twice."""

import os
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import transaction
from django.utils import timezone

from crm.accounts.permissions import Role
from crm.audit.actor import Actor
from crm.jobs.actions import stop_job
from crm.jobs.models import Job, JobState
from crm.jobs.run import run_job
from crm.tenancy.context import tenant_scope
from integrations.imports import split as splitting
from integrations.imports.actions import work
from integrations.imports.actions.upload import begin_import
from integrations.imports.actions.work import settle, start_check, start_run, start_undo
from integrations.imports.models import Import, ImportState
from inventory.models import Product
from orders.models import Order
from tests.fixtures.cast import found_company, hire
from tests.imports.test_orders import HEAD

ROWS = "".join(
    f"{n},SKU{n % 7},Item {n % 7},{1 + n % 3},2011-01-{1 + n % 28:02d},2.50,{n % 5},UK\n"
    for n in range(1, 31)
)


class Store:
    """A company that is really stored, where each chunk is a transaction of its own."""

    def __init__(self):
        self.tenant = found_company("imports", "Imports")
        with self.scope(), transaction.atomic():
            self.member = hire(self.tenant, Role.OWNER)

    def scope(self):
        return tenant_scope(self.tenant.pk)

    def ready(self, text):
        with self.scope():
            with transaction.atomic():
                run = begin_import(
                    kind="orders",
                    file_name="a.csv",
                    pieces=[text.encode()],
                    member=self.member,
                    now=timezone.now(),
                )
                start_check(import_id=run.pk, member=self.member, now=timezone.now())
            return self.work(run, "check_job")

    def begin(self, run, action):
        with self.scope(), transaction.atomic():
            return action(import_id=run.pk, member=self.member, now=timezone.now())

    def work(self, run, name):
        with self.scope():
            with transaction.atomic():
                job_id = getattr(Import.objects.get(pk=run.pk), f"{name}_id")
            run_job(job_id=job_id)
            with transaction.atomic():
                return Import.objects.get(pk=run.pk)

    def count(self):
        with self.scope(), transaction.atomic():
            return Order.objects.count(), Product.objects.count()


@pytest.fixture
def store(transactional_db, monkeypatch):
    nobody = SimpleNamespace(send_task=lambda *_args, **_kwargs: None)
    monkeypatch.setattr("crm.jobs.actions.current_app", nobody)
    monkeypatch.setattr(splitting, "RECORDS", 5)
    return Store()


def test_each_part_is_a_row_of_the_job(store):
    run = store.ready(HEAD + ROWS)
    assert (run.state, run.counts["new"]) == (ImportState.READY, 30)
    run = store.work(store.begin(run, start_run), "run_job")
    with store.scope(), transaction.atomic():
        job = Job.objects.get(pk=run.run_job_id)
        assert (job.state, job.done, job.failed) == (JobState.DONE, 6, 0)
    assert (run.state, store.count()) == (ImportState.DONE, (30, 7))


def test_a_worker_that_dies_in_the_middle_loses_and_doubles_nothing(store, monkeypatch):
    run = store.begin(store.ready(HEAD + ROWS), start_run)
    real, calls = work.bring_in, []

    class Killed(BaseException):
        """As a process that ends: nobody handles it."""

    def dies(**arguments):
        counts = real(**arguments)
        calls.append(arguments["position"])
        if len(calls) == 3:
            raise Killed  # after the work, before the commit
        return counts

    monkeypatch.setattr("integrations.imports.jobs.bring_in", dies)
    with pytest.raises(Killed):
        store.work(run, "run_job")
    assert store.count()[0] == 10
    run = store.work(run, "run_job")
    assert calls == [0, 1, 2, 2, 3, 4, 5]
    assert (run.state, store.count()) == (ImportState.DONE, (30, 7))
    again = store.ready(HEAD + ROWS)
    assert again.counts["same"] == 30


def test_a_stopped_import_says_so_and_can_be_taken_back(store, monkeypatch):
    run = store.begin(store.ready(HEAD + ROWS), start_run)
    real = work.bring_in

    def stops(**arguments):
        counts = real(**arguments)
        if arguments["position"] == 1:
            stop_job(job_id=run.run_job_id, actor=Actor.member(store.member), now=timezone.now())
        return counts

    monkeypatch.setattr("integrations.imports.jobs.bring_in", stops)
    store.work(run, "run_job")
    with store.scope(), transaction.atomic():
        run = settle(import_id=run.pk)
    assert (run.state, store.count()[0]) == (ImportState.DONE, 10)
    run = store.work(store.begin(run, start_undo), "undo_job")
    assert (run.state, store.count()) == (ImportState.UNDONE, (0, 0))


def test_a_file_that_breaks_while_it_is_read_is_told(store, monkeypatch):
    monkeypatch.setattr(splitting, "MAX_ROWS", 10)
    run = store.ready(HEAD + ROWS)
    assert (run.state, run.error) == (ImportState.FAILED, "too_many_rows")


@pytest.mark.slow
@pytest.mark.skipif(
    not os.environ.get("KRAM_WHOLE_RETAIL"), reason="ten minutes: set KRAM_WHOLE_RETAIL=1"
)
def test_the_whole_year_of_a_real_store(store, monkeypatch, retail):
    monkeypatch.undo()
    monkeypatch.setattr("crm.jobs.actions.current_app", SimpleNamespace(send_task=print))
    run = store.ready(retail(541_909).decode())
    run = store.work(store.begin(run, start_run), "run_job")
    assert (run.counts["new"], run.counts["wrong"]) == (25_900, 0)
    with store.scope(), transaction.atomic():
        totals = [order.total for order in Order.objects.only("total").iterator()]
        back = [order.total for order in Order.objects.filter(is_counted=False).only("total")]
    assert len(totals) == 25_900
    assert sum(totals) - 2 * sum(back) == Decimal("9747747.93")
