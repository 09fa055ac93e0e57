"""A job does each row once, says what became of it, and goes on where it was cut off."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from celery import current_app
from django.db import connections, transaction
from django.utils import timezone, translation

from crm.accounts.permissions import Role
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.jobs.actions import MAX_ROWS, JobRefused, start_job, stop_job
from crm.jobs.models import Job, JobRow, JobState
from crm.jobs.run import run_job
from crm.jobs.tasks import sweep
from crm.shell.notices import word
from crm.shell.selectors import list_notifications
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from tests.fixtures.cast import hire
from tests.jobs.kinds import NAME

ROOT = Path(__file__).resolve().parents[2]


class Company:
    """A company that is really stored, and its jobs."""

    def __init__(self) -> None:
        self.tenant = Tenant.objects.create(slug="jobs", name="Jobs", language="en")
        with tenant_scope(self.tenant.pk), transaction.atomic():
            self.member = hire(self.tenant, Role.MANAGER, name="Марія")

    def start(self, count, **params):
        with tenant_scope(self.tenant.pk), transaction.atomic():
            return start_job(
                kind=NAME,
                params={"count": count, **params},
                member=self.member,
                now=timezone.now(),
            )

    def run(self, job):
        with tenant_scope(self.tenant.pk):
            run_job(job_id=job.pk)
        return self.read(job)

    def read(self, job):
        with tenant_scope(self.tenant.pk), transaction.atomic():
            return Job.objects.get(pk=job.pk)

    def rows(self, job):
        with tenant_scope(self.tenant.pk), transaction.atomic():
            return list(JobRow.objects.filter(job=job).order_by("position"))

    def marks(self):
        with tenant_scope(self.tenant.pk), transaction.atomic():
            rows = AuditEntry.objects.filter(action="test.mark")
            return Counter(rows.values_list("object_id", flat=True))


@pytest.fixture
def company(transactional_db, monkeypatch):
    nobody = SimpleNamespace(send_task=lambda *_args, **_kwargs: None)
    monkeypatch.setattr("crm.jobs.actions.current_app", nobody)
    return Company()


def told(company):
    """What the bell of the member says, in their language."""
    with tenant_scope(company.tenant.pk), transaction.atomic(), translation.override("en"):
        notes = list_notifications(member_id=company.member.pk)
        return [(word(note).text, note.url) for note in notes]


def test_who_started_it_is_told_of_rows_that_failed_and_of_nothing_else(company):
    company.run(company.start(3))
    assert told(company) == []
    bad = company.run(company.start(7, bad=True))
    assert told(company) == [("Marks: 2 rows failed", f"/jobs/jobs/{bad.pk}/")]


def test_who_started_it_is_told_that_nobody_does_such_work_any_more(company, monkeypatch):
    job = company.start(2)
    monkeypatch.setattr("crm.jobs.run.kind_of", lambda name: None)
    assert company.run(job).state == JobState.FAILED
    assert told(company) == [("Marks: it could not be done", f"/jobs/jobs/{job.pk}/")]


def test_each_row_is_done_and_told(company):
    job = company.start(3)
    assert (job.state, job.total) == (JobState.QUEUED, 3)
    done = company.run(job)
    assert (done.state, done.done, done.failed, done.percent) == (JobState.DONE, 3, 0, 100)
    assert done.started_at <= done.finished_at
    assert [(row.label, row.url, row.ok) for row in company.rows(job)] == [
        (f"Row {n}", f"/row/{n}/", True) for n in range(3)
    ]
    with tenant_scope(company.tenant.pk), transaction.atomic():
        entry = AuditEntry.objects.filter(action="test.mark").first()
        assert (entry.actor_id, entry.actor_label) == (company.member.pk, "Марія")


def test_a_bad_row_harms_no_other_and_leaves_nothing(company):
    job = company.start(7, bad=True)
    done = company.run(job)
    assert (done.state, done.done, done.failed) == (JobState.DONE, 5, 2)
    failed = {row.position: (row.label, row.message) for row in company.rows(job) if not row.ok}
    assert failed[3] == ("Row three", "no such row")
    assert failed[5][0] == "Row 5"
    assert "broke" in failed[5][1]
    assert company.marks() == dict.fromkeys([0, 1, 2, 4, 6], 1)


def test_what_is_done_is_not_done_again(company):
    job = company.start(3)
    company.run(job)
    again = company.run(job)
    assert (again.done, company.marks()) == (3, dict.fromkeys(range(3), 1))


def test_two_runs_at_once_do_no_row_twice(company):
    job = company.start(120, seconds=0.001)

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
    assert company.marks() == dict.fromkeys(range(120), 1)
    assert company.read(job).done == 120


def test_a_stopped_job_stays_stopped(company):
    job = company.start(3)
    with tenant_scope(company.tenant.pk), transaction.atomic():
        stop_job(job_id=job.pk, actor=Actor.member(company.member), now=timezone.now())
    stopped = company.run(job)
    assert (stopped.state, stopped.done, company.marks()) == (JobState.CANCELLED, 0, {})


@pytest.mark.parametrize(
    ("kind", "count", "code"),
    [("nothing", 1, "unknown_kind"), (NAME, 0, "no_rows"), (NAME, MAX_ROWS + 1, "too_many_rows")],
)
def test_a_job_that_can_not_be_is_refused(company, kind, count, code):
    with tenant_scope(company.tenant.pk), transaction.atomic():
        with pytest.raises(JobRefused) as refusal:
            start_job(kind=kind, params={"count": count}, member=company.member, now=timezone.now())
        assert (refusal.value.code, Job.objects.count()) == (code, 0)


@pytest.mark.django_db(transaction=True, databases=["default", "system"])
def test_the_sweep_calls_for_jobs_that_stand_still(company, monkeypatch):
    stale, fresh, over = company.start(1), company.start(1), company.start(1)
    company.run(over)
    with tenant_scope(company.tenant.pk), transaction.atomic():
        Job.objects.filter(pk__in=[stale.pk, over.pk]).update(touched_at="2026-01-01T00:00Z")
    called = []
    monkeypatch.setattr("crm.jobs.tasks.run.delay", lambda *args: called.append(args))
    sweep()
    assert called == [(company.tenant.pk, stale.pk)]
    assert fresh.pk != stale.pk


def test_a_killed_worker_is_followed_by_one_that_goes_on(company):
    job = company.start(400, seconds=0.005)
    argv = [
        sys.executable, "-m", "celery", "-A", "config.celery", "worker", "--pool", "solo",
        "--include", "tests.jobs.kinds", "--without-gossip", "--without-mingle",
        "--without-heartbeat", "--loglevel", "ERROR",
    ]  # fmt: skip
    for last in (False, False, True):
        before = company.read(job).done
        worker = subprocess.Popen(argv, cwd=ROOT, env={**os.environ}, start_new_session=True)
        try:
            current_app.send_task("jobs.run", args=[company.tenant.pk, job.pk])
            end = time.monotonic() + 60
            while time.monotonic() < end:
                now = company.read(job)
                if now.is_over or (not last and now.done > before + 20):
                    break
                time.sleep(0.02)
        finally:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait(10)
        now = company.read(job)
        assert now.is_over == last
        assert now.done == len(company.rows(job)) == sum(company.marks().values())
    assert company.marks() == dict.fromkeys(range(400), 1)
    assert company.read(job).state == JobState.DONE
