"""Doing a job row by row. A row's effect, its note and the count commit together, so a run that
was killed goes on where it stopped, and two runs of one job do no row twice."""

import logging
import time
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.accounts.models import User
from crm.audit.actor import Actor
from crm.jobs.kinds import JobKind, Outcome, RowRefused, Run, kind_of
from crm.jobs.models import Job, JobRow, JobState
from crm.shell.live import publish_after_commit
from crm.tenancy.context import current_tenant_id

logger = logging.getLogger(__name__)
_TELL_EVERY = 0.5  # seconds


class _Stopped(Exception):
    """Somebody stopped the job, or another worker has it."""


def run_job(*, job_id: int) -> None:
    """Do what is left of a job. Needs the tenant's scope and no open transaction."""
    with transaction.atomic():
        job = _lock(job_id)
        if job is None:
            return
        kind = kind_of(job.kind)
        if kind is None:
            _finish(job, JobState.FAILED, error="unknown_kind")
            return
        job.state = JobState.RUNNING
        job.started_at = job.started_at or timezone.now()
        job.touched_at = timezone.now()
        job.save(update_fields=["state", "started_at", "touched_at"])
        actor, language = _whose(job)
        done = set(JobRow.objects.filter(job=job).values_list("position", flat=True))
    with translation.override(language):
        _run_rows(job, kind, actor, done)


def _run_rows(job: Job, kind: JobKind, actor: Actor, done: set[int]) -> None:
    told = 0.0
    for position, row in enumerate(kind.list_rows(job.params)):
        if position in done:
            continue
        tell = time.monotonic() - told > _TELL_EVERY
        try:
            _run_row(job, kind, actor, position, row, tell=tell)
        except _Stopped:
            return
        if tell:
            told = time.monotonic()
    with transaction.atomic():
        locked = _lock(job.pk)
        if locked is not None:
            _finish(locked, JobState.DONE)


def _run_row(job: Job, kind: JobKind, actor: Actor, position: int, row: Any, *, tell: bool) -> None:
    with transaction.atomic():
        locked = _lock(job.pk)
        if locked is None:
            raise _Stopped
        if JobRow.objects.filter(job_id=job.pk, position=position).exists():
            return
        outcome, ok = _do(kind, row, Run(job.params, actor, timezone.now()))
        JobRow.objects.create(
            job_id=job.pk,
            position=position,
            label=(outcome.label or kind.name_row(row))[:200],
            url=outcome.url[:300],
            ok=ok,
            message=outcome.message[:500],
        )
        counted = "done" if ok else "failed"
        setattr(locked, counted, getattr(locked, counted) + 1)
        locked.touched_at = timezone.now()
        locked.save(update_fields=[counted, "touched_at"])
        if tell:
            _tell(locked)


def _do(kind: JobKind, row: Any, run: Run) -> tuple[Outcome, bool]:
    try:
        with transaction.atomic():
            return kind.run_row(row, run), True
    except RowRefused as refusal:
        return refusal.outcome, False
    except Exception:  # one bad row must not stop the others
        logger.exception("a row of job %s failed", kind.name)
        text = _("Something broke on our side. Nothing was changed.")
        return Outcome(kind.name_row(row), message=text), False


def _lock(job_id: int) -> Job | None:
    """Lock a job that may still run; None when it is over or another worker is at it."""
    return (
        Job.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(pk=job_id, state__in=[JobState.QUEUED, JobState.RUNNING])
        .first()
    )


def _finish(job: Job, state: JobState, *, error: str = "") -> None:
    job.state, job.error, job.finished_at = state, error, timezone.now()
    job.save(update_fields=["state", "error", "finished_at"])
    _tell(job)


def _tell(job: Job) -> None:
    publish_after_commit(
        tenant_id=current_tenant_id(), topic=f"jobs:{job.pk}", payload={"id": str(job.pk)}
    )


def _whose(job: Job) -> tuple[Actor, str]:
    """The member who started the job acts in it, and reads its words."""
    member = job.created_by
    if member is None:
        return Actor.system(), translation.get_language() or "uk"
    language = User.objects.values_list("language", flat=True).get(pk=member.user_id)
    return Actor.member(member), language or job.tenant.language
