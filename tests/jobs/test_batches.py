"""Rows in batches: found once, done once, yielded between, and whole when one of them breaks."""

from collections import Counter
from threading import Thread

import pytest
from celery import current_app
from django.core.cache import cache
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from crm.audit.models import AuditEntry
from crm.jobs import tasks
from crm.jobs.actions import start_job
from crm.jobs.files import add_part, drop_old_files, has_file, read_file
from crm.jobs.kinds import CanNotGoOn, JobKind, Outcome, register_job_kind
from crm.jobs.models import Job, JobPart, JobRow, JobState
from crm.jobs.run import run_job
from crm.tenancy.context import tenant_scope
from tests.jobs.kinds import run_row
from tests.jobs.test_run import Company

NAME = "test.batches"


@pytest.fixture
def company(transactional_db, monkeypatch):
    class Nobody:
        @staticmethod
        def send_task(*_args, **_kwargs):
            return None

    monkeypatch.setattr("crm.jobs.actions.current_app", Nobody)
    return Company()


def kind(**more):
    """A kind of 25 rows in batches of 10, with what the test needs of it."""
    made = JobKind(
        NAME, "Batches", find_rows=lambda _run: range(25), run_row=run_row, batch=10, **more
    )
    register_job_kind(made)


def start(company, **params):
    with tenant_scope(company.tenant.pk), transaction.atomic():
        return start_job(
            kind=NAME, params=params, member=company.member, now=timezone.now(), expected=25
        )


def test_rows_are_found_once_and_done_in_batches(company):
    found, begun = [], []

    def find_rows(run):
        found.append(run.member.pk)
        return list(range(100, 125))

    def begin_batch(rows, run):
        begun.append(list(rows))
        return "given"

    def work(row, run):
        assert run.given == "given"
        return run_row(row, run)

    register_job_kind(
        JobKind(NAME, "", find_rows=find_rows, run_row=work, batch=10, begin_batch=begin_batch)
    )
    job = start(company)
    done = company.run(job)
    company.run(job)
    assert (done.state, done.done, done.total) == (JobState.DONE, 25, 25)
    assert found == [company.member.pk]
    assert [len(rows) for rows in begun] == [10, 10, 5]
    assert company.marks() == dict.fromkeys(range(100, 125), 1)


def test_a_bad_row_harms_no_other_of_its_batch(company):
    kind()
    done = company.run(start(company, bad=True))
    assert (done.done, done.failed) == (23, 2)
    assert set(company.marks()) == set(range(25)) - {3, 5}
    assert [row.position for row in company.rows(done)] == list(range(25))


def test_a_batch_that_met_a_deadlock_is_done_anew(company):
    broken = Counter()

    def work(row, run):
        outcome = run_row(row, run)
        if row == 14 and broken[row] < 2:
            broken[row] += 1
            raise OperationalError("deadlock detected")
        return outcome

    register_job_kind(JobKind(NAME, "", find_rows=lambda _run: range(25), run_row=work, batch=10))
    done = company.run(start(company))
    assert (done.state, done.done, broken[14]) == (JobState.DONE, 25, 2)
    assert company.marks() == dict.fromkeys(range(25), 1)


def test_a_job_yields_and_goes_on(company):
    kind()
    job = start(company)
    with tenant_scope(company.tenant.pk):
        turns = [run_job(job_id=job.pk, seconds=0) for _turn in range(4)]
    assert turns == [True, True, True, False]
    assert company.marks() == dict.fromkeys(range(25), 1)


def test_a_job_keeps_its_worker_while_no_other_waits(company, monkeypatch):
    kind()
    called = []
    monkeypatch.setattr(tasks, "SLICE", 0.0)
    monkeypatch.setattr(tasks.run, "delay", lambda *args: called.append(args))

    first, second, third = start(company), start(company), start(company)
    tasks.run(company.tenant.pk, first.pk)
    assert (company.read(first).state, called) == (JobState.DONE, [])

    current_app.send_task("jobs.run", args=[company.tenant.pk, third.pk])  # no worker takes it
    tasks.run(company.tenant.pk, second.pk)
    assert (company.read(second).done, called) == (10, [(company.tenant.pk, second.pk)])

    current_app.control.purge()
    cache.set("jobs-long", "another", 30)
    tasks.run(company.tenant.pk, third.pk)
    assert (company.read(third).done, len(called)) == (10, 2)


def test_runs_at_once_do_no_row_twice(company):
    kind()
    job = start(company, seconds=0.002)

    def run():
        try:
            company.run(job)
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    company.run(job)
    assert company.marks() == dict.fromkeys(range(25), 1)
    assert company.read(job).done == 25


def test_a_job_that_may_not_go_on_says_why_and_keeps_what_it_did(company):
    def begin_batch(rows, run):
        if 10 in rows:
            raise CanNotGoOn("forbidden")

    kind(begin_batch=begin_batch)
    done = company.run(start(company))
    assert (done.state, done.error, done.done) == (JobState.FAILED, "forbidden", 10)
    assert set(company.marks()) == set(range(10))


def test_a_file_is_written_with_its_rows(company):
    def end_batch(rows, outcomes, run):
        assert all(isinstance(outcome, Outcome) for outcome in outcomes)
        add_part(run.job, ",".join(map(str, rows)).encode() + b";")

    kind(end_batch=end_batch, file_name=lambda job: "rows.txt")
    job = start(company)
    with tenant_scope(company.tenant.pk):
        run_job(job_id=job.pk, seconds=0)
    company.run(job)
    with tenant_scope(company.tenant.pk), transaction.atomic():
        text = b"".join(read_file(job)).decode()
        assert text.replace(";", ",").strip(",") == ",".join(map(str, range(25)))
        assert JobPart.objects.count() == 3
        assert drop_old_files() == 0
        Job.objects.update(finished_at="2026-01-01T00:00Z")
        assert drop_old_files() == 3
        assert not has_file(job)
        assert JobRow.objects.count() == 25
        assert AuditEntry.objects.filter(action="test.mark").count() == 25
