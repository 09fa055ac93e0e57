"""Tasks of jobs: run one, take up those that stand still, throw away old files."""

from celery import shared_task

from crm.jobs.files import drop_old_files
from crm.jobs.limits import FILE_FOR
from crm.jobs.run import run_job
from crm.tenancy.context import tenant_scope
from crm.tenancy.system import rows_of_tenants, tenants_with_rows

STALE = "60 seconds"
# A job gives its worker back after so long and asks for it again: behind a long job of one
# company the short ones of others, and everybody's events, do not wait.
SLICE = 4.0


@shared_task(name="jobs.run")
def run(tenant_id: int, job_id: int) -> None:
    with tenant_scope(tenant_id):
        more = run_job(job_id=job_id, seconds=SLICE)
    if more:
        run.delay(tenant_id, job_id)


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
