"""Tasks of jobs: run one, and take up those that stand still."""

from celery import shared_task

from crm.jobs.run import run_job
from crm.tenancy.context import tenant_scope
from crm.tenancy.system import rows_of_tenants

STALE = "60 seconds"


@shared_task(name="jobs.run")
def run(tenant_id: int, job_id: int) -> None:
    with tenant_scope(tenant_id):
        run_job(job_id=job_id)


@shared_task(name="jobs.sweep")
def sweep() -> None:
    """Call again for jobs whose call was lost or whose worker died."""
    condition = f"r.state IN ('queued', 'running') AND r.touched_at < now() - interval '{STALE}'"
    for tenant_id, job_id in rows_of_tenants(table="jobs_job", condition=condition):
        run.delay(tenant_id, job_id)
