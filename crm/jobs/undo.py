"""Taking back what a job has done: a job as well, over the rows that hold what was before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from crm.accounts.models import Membership
from crm.jobs.actions import JobRefused, start_job
from crm.jobs.kinds import (
    CanNotGoOn,
    JobKind,
    Outcome,
    Run,
    Undo,
    UndoPreview,
    kind_of,
    register_job_kind,
)
from crm.jobs.limits import UNDO_FOR
from crm.jobs.models import OPEN_STATES, Job, JobRow

SUFFIX = ".undo"


def register_with_undo(kind: JobKind, *, undo_label: Any) -> None:
    """Make a kind known, and the kind of the jobs that put its rows back."""
    undo = kind.undo
    assert undo is not None
    register_job_kind(kind)
    register_job_kind(
        JobKind(
            kind.name + SUFFIX,
            undo_label,
            find_rows=_find_rows,
            run_row=_run_row_by(undo),
            icon="undo-2",
            batch=kind.batch,
            begin_batch=_begin_batch_by(undo),
            end_batch=_end_batch_by(undo),
            describe=lambda job: kind.describe(job.undoes) if job.undoes else "",
        )
    )


def rows_to_undo(job: Job) -> QuerySet[JobRow]:
    """The rows of a job that changed something and have not been put back, by their objects."""
    rows = JobRow.objects.filter(job=job, ok=True, before__isnull=False, undone_at__isnull=True)
    return rows.order_by("object_id", "position")


def refuse_undo(job: Job, *, member: Membership, now: datetime) -> str:
    """Why the job can't be taken back now: a code, or nothing where it can.

    Codes: no_undo, still_running, too_late, being_undone, nothing_to_undo, forbidden.
    """
    kind = kind_of(job.kind)
    if kind is None or kind.undo is None:
        return "no_undo"
    if not job.is_over or job.finished_at is None:
        return "still_running"
    if not kind.undo.may(member, job):
        return "forbidden"
    if now > job.finished_at + UNDO_FOR:
        return "too_late"
    if Job.objects.filter(undoes=job, state__in=OPEN_STATES).exists():
        return "being_undone"
    return "" if rows_to_undo(job).exists() else "nothing_to_undo"


def preview_undo(job: Job) -> UndoPreview:
    """Say how many rows would go back and which have been changed since."""
    kind = kind_of(job.kind)
    assert kind is not None
    assert kind.undo is not None
    return kind.undo.preview(job, list(rows_to_undo(job)))


@transaction.atomic
def start_undo(*, job_id: int, member: Membership, now: datetime) -> Job:
    """Start the job that puts the rows back. Raises JobRefused with a code of `refuse_undo`."""
    # The lock: two people who press at once start one undo.
    job = Job.objects.select_for_update(no_key=True).get(pk=job_id)
    if code := refuse_undo(job, member=member, now=now):
        raise JobRefused(code)
    return start_job(
        kind=job.kind + SUFFIX,
        params={"job": job.pk},
        member=member,
        now=now,
        expected=rows_to_undo(job).count(),
        undoes=job,
    )


def _undone(run: Run) -> Job:
    assert run.job is not None
    job = run.job.undoes
    if job is None:
        raise CanNotGoOn("no_undo")
    kind = kind_of(job.kind)
    if kind is None or kind.undo is None:
        raise CanNotGoOn("unknown_kind")
    if run.member is None or not run.member.is_active or not kind.undo.may(run.member, job):
        raise CanNotGoOn("forbidden")
    return job


def _find_rows(run: Run) -> list[int]:
    return list(rows_to_undo(_undone(run)).values_list("position", flat=True))


def _begin_batch_by(undo: Undo) -> Any:
    def begin_batch(positions: Sequence[int], run: Run) -> tuple[dict[int, JobRow], Any]:
        found = JobRow.objects.filter(job=_undone(run), position__in=list(positions))
        rows = {row.position: row for row in found.select_for_update(no_key=True)}
        given = undo.begin_batch([rows[p] for p in positions], run) if undo.begin_batch else None
        return rows, given

    return begin_batch


def _run_row_by(undo: Undo) -> Any:
    def run_row(position: int, run: Run) -> Outcome:
        rows, given = run.given
        row = rows[position]
        outcome = undo.run_row(row, Run(run.params, run.actor, run.now, run.job, run.member, given))
        JobRow.objects.filter(pk=row.pk).update(undone_at=run.now)
        return outcome

    return run_row


def _end_batch_by(undo: Undo) -> Any:
    if undo.end_batch is None:
        return None

    def end_batch(positions: Sequence[int], outcomes: Sequence[Outcome], run: Run) -> None:
        rows, given = run.given
        inner = Run(run.params, run.actor, run.now, run.job, run.member, given)
        undo.end_batch([rows[p] for p in positions], outcomes, inner)  # type: ignore[misc]

    return end_batch
