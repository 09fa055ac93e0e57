"""What the killed process does: run as `works.NAME(ids)` in a process of its own."""

from django.test import Client

from crm.accounts.models import User
from crm.jobs.run import run_job
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant


def do_job(tenant_id: int, job_id: int) -> None:
    with tenant_scope(tenant_id):
        run_job(job_id=job_id)


def fill(tenant_id: int, user_id: int) -> None:
    client = Client()
    client.force_login(User.objects.get(pk=user_id))
    client.post(f"/{Tenant.objects.get(pk=tenant_id).slug}/start/example/fill/")
