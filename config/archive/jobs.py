"""Preparing an archive in the background, for the owner who asked for it.

All of it is one piece of work, because an archive is of one moment: it can't be broken off in
the middle and gone on with. How far it is, the page learns from the cache.
"""

import tempfile
import threading
import time
from datetime import datetime
from typing import IO

from django.core.cache import cache
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from config.archive.make import note_archived
from config.archive.manifest import Manifest, TableFacts
from config.archive.read import open_archive
from config.archive.write import count_rows, write_archive
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.jobs.actions import start_job
from crm.jobs.files import add_part
from crm.jobs.kinds import CanNotGoOn, JobKind, Piece, Run, register_job_kind
from crm.jobs.models import OPEN_STATES, Job
from crm.shell.live import publish
from crm.tenancy.context import current_tenant_id, tenant_scope
from crm.tenancy.models import Tenant

KIND = "company.archive"
_PART = 1 << 20
_TELL_EVERY = 0.5  # seconds
_KNOWN_FOR = 3600


@transaction.atomic
def start_archive(*, tenant: Tenant, member: Membership, now: datetime) -> Job:
    """Begin an archive of the company in scope; return the member's own that is being made."""
    mine = Job.objects.filter(kind=KIND, state__in=OPEN_STATES, created_by=member).first()
    if mine is not None:
        return mine
    params = {"company": tenant.slug, "day": now.date().isoformat()}
    expected = count_rows(current_tenant_id())
    return start_job(kind=KIND, params=params, member=member, now=now, expected=expected)


def may_read(member: Membership, _job: Job) -> bool:
    """Owners alone: it holds everything."""
    return member.can(Permission.COMPANY_OWN)


def run_piece(run: Run) -> Piece:
    """Make the whole archive and keep it with the job."""
    job, member = run.job, run.member
    assert job is not None
    if member is None or not may_read(member, job):
        raise CanNotGoOn("forbidden")
    with tempfile.TemporaryFile() as file:
        tenant = Tenant.objects.get(pk=current_tenant_id())
        manifest = _write_beside(file, tenant=tenant, job=job, now=run.now)
        size = file.tell()
        with open_archive(file):  # what was written can be read
            pass
        file.seek(0)
        position = 0
        while data := file.read(_PART):
            add_part(job, data, position=position)
            position += 1
    note_archived(tenant, manifest, actor=run.actor, now=run.now)
    return Piece(manifest.rows, {"rows": manifest.rows, "bytes": size}, is_last=True)


def progress_of(job: Job) -> tuple[int, int] | None:
    """How many rows are in the file, and of how many; None where nobody knows."""
    return cache.get(_key(job))


def register() -> None:
    """Called once at start."""
    register_job_kind(
        JobKind(
            KIND,
            _("Archive of the company"),
            icon="archive",
            run_piece=run_piece,
            stoppable=False,
            progress=progress_of,
            file_name=lambda job: f"{job.params['company']}-{job.params['day']}.zip",
            may_read=may_read,
        )
    )


def _write_beside(file: IO[bytes], *, tenant: Tenant, job: Job, now: datetime) -> Manifest:
    """Write the file by a connection of its own: the job's transaction is of another kind."""
    made: list[Manifest] = []
    broken: list[BaseException] = []

    def work() -> None:
        try:
            with tenant_scope(tenant.pk):
                made.append(write_archive(file, tenant=tenant, now=now, tell=_Telling(job)))
        except BaseException as error:  # raised again below, in the job
            broken.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=work, name="archive")
    thread.start()
    thread.join()
    if broken:
        raise broken[0]
    return made[0]


class _Telling:
    """Says how far the file is, to whoever looks at the job's page."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.rows = 0
        self.told = 0.0

    def __call__(self, facts: TableFacts, _number: int, _all: int) -> None:
        self.rows += facts.rows
        cache.set(_key(self.job), (self.rows, max(self.rows, self.job.total)), _KNOWN_FOR)
        if time.monotonic() - self.told > _TELL_EVERY:
            self.told = time.monotonic()
            publish(
                tenant_id=current_tenant_id(),
                topic=f"jobs:{self.job.pk}",
                payload={"id": str(self.job.pk)},
            )


def _key(job: Job) -> str:
    return f"archive:{job.tenant_id}:{job.pk}"
