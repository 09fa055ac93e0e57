"""Tasks of jobs: run one, take up those that stand still, throw away old files."""

from celery import shared_task
from django.core.cache import cache

from crm.broker import queue_key
from crm.jobs.files import drop_old_files
from crm.jobs.limits import FILE_FOR
from crm.jobs.run import run_job
from crm.shell.live.publishing import redis_client
from crm.tenancy.context import tenant_scope
from crm.tenancy.system import rows_of_tenants, tenants_with_rows

STALE = "60 seconds"
QUEUE = "kram.jobs"
# After so long a job looks whether others wait for its worker.
SLICE = 4.0
_LONG = "jobs-long"


@shared_task(name="jobs.run")
def run(tenant_id: int, job_id: int) -> None:
    """Run a job; where others wait, by turns with them.

    One job at a time may keep its worker for longer than a slice, and only while no other job
    waits: short work and everybody's events always have the remaining workers.
    """
    with tenant_scope(tenant_id):
        while run_job(job_id=job_id, seconds=SLICE):
            if not _may_keep_on(f"{tenant_id}:{job_id}"):
                run.delay(tenant_id, job_id)
                return
    if cache.get(_LONG) == f"{tenant_id}:{job_id}":
        cache.delete(_LONG)


def _may_keep_on(name: str) -> bool:
    if redis_client().llen(queue_key(QUEUE)):
        return False
    if cache.add(_LONG, name, SLICE * 3):
        return True
    mine = cache.get(_LONG) == name
    if mine:
        cache.touch(_LONG, SLICE * 3)
    return mine


@shared_task(name="jobs.sweep")
def sweep() -> None:
    """Call again for jobs whose call was lost or whose worker died."""
    condition = f"r.state IN ('queued', 'running') AND r.touched_at < now() - interval '{STALE}'"
    for tenant_id, job_id in rows_of_tenants(table="jobs_job", condition=condition):
        run.delay(tenant_id, job_id)


@shared_task(name="jobs.drop_files")
def drop_files() -> None:
    """Throw away the files of jobs that ended long ago, company by company."""
    condition = (
        "EXISTS (SELECT FROM jobs_job j WHERE j.tenant_id = r.tenant_id AND j.id = r.job_id"
        f" AND j.finished_at < now() - interval '{FILE_FOR.days} days')"
    )
    for tenant_id in tenants_with_rows(table="jobs_jobpart", condition=condition):
        with tenant_scope(tenant_id):
            drop_old_files()
