"""Doing a job batch by batch. The rows' effects, their notes and the count commit together, so a
run that was killed goes on where it stopped, and two runs of one job do no row twice."""

import logging
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import OperationalError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crm.accounts.models import Membership, User
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.jobs.kinds import CanNotGoOn, JobKind, Outcome, Piece, RowRefused, Run, kind_of
from crm.jobs.limits import MAX_ROWS
from crm.jobs.models import OPEN_STATES, Job, JobRow, JobState
from crm.jobs.notices import FAILED
from crm.shell.actions import notify
from crm.shell.links import company_url
from crm.shell.live import publish_after_commit
from crm.tenancy.context import current_tenant_id

logger = logging.getLogger(__name__)
_TELL_EVERY = 0.5  # seconds
_TRIES = 5  # of a batch that met a deadlock
# Between two batches others get at the rows, the job (to stop it) and the processor.
_BREATH = 0.004


def run_job(*, job_id: int, seconds: float | None = None) -> bool:
    """Do what is left of a job, for so many seconds at most; tell whether there is more to do.

    Needs the tenant's scope and no open transaction.
    """
    begun = _begin(job_id)
    if begun is None:
        return False
    kind, member, language, zone = begun
    end = None if seconds is None else time.monotonic() + seconds
    told = 0.0
    tries = 0
    with translation.override(language), timezone.override(zone):
        while True:
            tell = time.monotonic() - told > _TELL_EVERY
            try:
                run_next = _run_batch if kind.run_piece is None else _run_piece
                more = run_next(job_id, kind, member, tell=tell)
            except OperationalError:  # a deadlock: the batch was undone and is tried again
                tries += 1
                if tries == _TRIES:
                    raise
                time.sleep(0.05 * tries)
                continue
            tries = 0
            if tell:
                told = time.monotonic()
            if not more:
                return False
            if end is not None and time.monotonic() > end:
                return True
            time.sleep(_BREATH)


def _begin(job_id: int) -> tuple[JobKind, Membership | None, str, ZoneInfo] | None:
    """Take the job up: find its rows if that has not been done, and say that it runs."""
    with transaction.atomic():
        job = _lock(job_id)
        if job is None:
            return None
        kind = kind_of(job.kind)
        if kind is None:
            _finish(job, JobState.FAILED, error="unknown_kind")
            return None
        member, language = _whose(job)
        zone = ZoneInfo(job.tenant.time_zone)
        if kind.find_rows is not None and job.keys is None:
            try:
                with timezone.override(zone):  # "today" is the company's
                    job.keys = list(kind.find_rows(_run_of(job, member)))
                if len(job.keys) > MAX_ROWS:
                    raise CanNotGoOn("too_many_rows")
            except CanNotGoOn as refusal:
                job.keys = []
                _finish(job, JobState.FAILED, error=refusal.code)
                return None
            job.total = len(job.keys)
        job.state = JobState.RUNNING
        job.started_at = job.started_at or timezone.now()
        job.touched_at = timezone.now()
        job.save(update_fields=["state", "keys", "total", "started_at", "touched_at"])
        _tell(job)
    return kind, member, language, zone


def _run_batch(job_id: int, kind: JobKind, member: Membership | None, *, tell: bool) -> bool:
    """Do the next rows in one transaction; tell whether there may be more."""
    with transaction.atomic():
        job = _lock(job_id)
        if job is None:  # somebody stopped it, or another worker has it
            return False
        keys = job.keys if job.keys is not None else kind.list_rows(job.params)
        # Rows are done in their order, so the count is the place of the next one.
        rows = keys[job.worked : job.worked + kind.batch]
        run = _run_of(job, member)
        if not rows:
            _finish(job, JobState.DONE)
            if kind.finish is not None:
                kind.finish(run)
            return False
        try:
            if kind.begin_batch is not None:
                run = replace(run, given=kind.begin_batch(rows, run))
        except CanNotGoOn as refusal:
            _finish(job, JobState.FAILED, error=refusal.code)
            return False
        results = [_do(kind, row, run) for row in rows]
        if kind.end_batch is not None:
            kind.end_batch(rows, [outcome for outcome, _ok in results], run)
        _note(job, kind, rows, results)
        if tell:
            _tell(job)
    return True


def _run_piece(job_id: int, kind: JobKind, member: Membership | None, *, tell: bool) -> bool:
    """Do the next piece in one transaction; tell whether there may be more."""
    with transaction.atomic():
        job = _lock(job_id)
        if job is None:
            return False
        run = _run_of(job, member)
        piece = _try_piece(kind, run)
        if isinstance(piece, str):
            _finish(job, JobState.FAILED, error=piece)
            return False
        job.mark = piece.mark
        job.done += piece.rows
        # What was counted at the start may have become more or less.
        job.total = job.done if piece.is_last else max(job.total, job.done)
        job.touched_at = timezone.now()
        job.save(update_fields=["mark", "done", "total", "touched_at"])
        if piece.is_last:
            _finish(job, JobState.DONE)
            if kind.finish is not None:
                kind.finish(run)
        elif tell:
            _tell(job)
    return not piece.is_last


def _try_piece(kind: JobKind, run: Run) -> Piece | str:
    """The piece; or why there is none, and then nothing of it is left."""
    assert kind.run_piece is not None
    try:
        with transaction.atomic():
            return kind.run_piece(run)
    except CanNotGoOn as refusal:
        return refusal.code
    except OperationalError:
        raise
    except Exception:  # tried again it would break again, every minute
        logger.exception("a piece of job %s failed", kind.name)
        return "broke"


def _note(
    job: Job, kind: JobKind, rows: Sequence[Any], results: Sequence[tuple[Outcome, bool]]
) -> None:
    """Store the outcomes and count them."""
    first = job.worked
    JobRow.objects.bulk_create(
        [
            JobRow(
                job_id=job.pk,
                position=first + place,
                label=(outcome.label or kind.name_row(row))[:200],
                url=outcome.url[:300],
                ok=ok,
                message=outcome.message[:500],
                object_id=outcome.object_id,
                before=outcome.before,
                after=outcome.after,
            )
            for place, (row, (outcome, ok)) in enumerate(zip(rows, results, strict=True))
        ]
    )
    good = sum(ok for _outcome, ok in results)
    job.done += good
    job.failed += len(results) - good
    job.touched_at = timezone.now()
    job.save(update_fields=["done", "failed", "touched_at"])


def _do(kind: JobKind, row: Any, run: Run) -> tuple[Outcome, bool]:
    try:
        with nullcontext() if kind.one_action else transaction.atomic():
            return kind.run_row(row, run), True
    except RowRefused as refusal:
        return refusal.outcome, False
    except OperationalError:  # the transaction is lost, not this row alone
        raise
    except Exception:  # one bad row must not stop the others
        logger.exception("a row of job %s failed", kind.name)
        text = _("Something broke on our side. Nothing was changed.")
        return Outcome(kind.name_row(row), message=text), False


def _run_of(job: Job, member: Membership | None) -> Run:
    actor = Actor.member(member) if member is not None else Actor.system()
    return Run(job.params, actor, timezone.now(), job, member)


def _lock(job_id: int) -> Job | None:
    """Lock a job that may still run; None when it is over or another worker is at it."""
    return (
        Job.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(pk=job_id, state__in=OPEN_STATES)
        .first()
    )


def _finish(job: Job, state: JobState, *, error: str = "") -> None:
    job.state, job.error, job.finished_at = state, error, timezone.now()
    job.save(update_fields=["state", "error", "finished_at", "keys"])
    record(
        "job.finished",
        job,
        actor=Actor.system(),
        now=job.finished_at,
        details={"kind": job.kind, "state": str(state), "done": job.done, "failed": job.failed},
    )
    _tell(job)
    if job.failed or state == JobState.FAILED:
        _tell_starter(job, job.finished_at)


def _tell_starter(job: Job, now: datetime) -> None:
    """Have the bell of who started it say that the work ended badly: they may have left its page.

    Six statements at most."""
    member = job.created_by
    if member is None or not member.has_access(now):
        return
    notify(
        members=[member],
        kind=FAILED,
        params={"kind": job.kind, "failed": job.failed},
        url=company_url("jobs:job", company=job.tenant.slug, job_id=job.pk),
        now=now,
    )


def _tell(job: Job) -> None:
    publish_after_commit(
        tenant_id=current_tenant_id(), topic=f"jobs:{job.pk}", payload={"id": str(job.pk)}
    )


def _whose(job: Job) -> tuple[Membership | None, str]:
    """The member who started the job acts in it, and reads its words."""
    member = job.created_by
    if member is None:
        return None, translation.get_language() or "uk"
    language = User.objects.values_list("language", flat=True).get(pk=member.user_id)
    return member, language or job.tenant.language
