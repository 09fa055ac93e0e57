"""Starting and stopping a job."""

from datetime import datetime
from typing import Any

from celery import current_app
from django.db import transaction

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.jobs.kinds import kind_of
from crm.jobs.limits import MAX_ROWS
from crm.jobs.models import Job, JobState

__all__ = ["MAX_ROWS", "JobRefused", "call_after_commit", "start_job", "stop_job"]


class JobRefused(Exception):
    """A job can't be started so. Codes: unknown_kind, no_rows, too_many_rows."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@transaction.atomic
def start_job(
    *,
    kind: str,
    params: dict[str, Any],
    member: Membership,
    now: datetime,
    expected: int | None = None,
    undoes: Job | None = None,
) -> Job:
    """Store a job and have a worker begin it after commit. Params hold JSON values only.

    `expected` is the count to show until a kind that finds its rows by itself has done so.
    """
    known = kind_of(kind)
    if known is None:
        raise JobRefused("unknown_kind")
    listed = known.find_rows is None and known.run_piece is None
    total = len(known.list_rows(params)) if listed else expected or 0
    if not total:
        raise JobRefused("no_rows")
    if total > MAX_ROWS and known.run_piece is None:
        raise JobRefused("too_many_rows")
    job = Job.objects.create(
        kind=kind, params=params, total=total, created_by=member, touched_at=now, undoes=undoes
    )
    record(
        "job.started", job, actor=Actor.member(member), now=now, details={"kind": kind, "n": total}
    )
    call_after_commit(job)
    return job


@transaction.atomic
def stop_job(*, job_id: int, actor: Actor, now: datetime) -> Job:
    """Stop a job between two batches; what is done stays done. Repeating it changes nothing."""
    job = Job.objects.select_for_update(no_key=True).get(pk=job_id)
    if job.is_over:
        return job
    job.state = JobState.CANCELLED
    job.finished_at = now
    job.save(update_fields=["state", "finished_at"])
    record("job.stopped", job, actor=actor, now=now, details={"kind": job.kind})
    return job


def call_after_commit(job: Job) -> None:
    """Have a worker run the job. A call that is lost is made up for by the sweep."""
    args = [job.tenant_id, job.pk]
    transaction.on_commit(lambda: current_app.send_task("jobs.run", args=args), robust=True)
