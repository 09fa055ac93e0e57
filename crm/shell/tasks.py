"""Jobs of the shell: notifications that members want by mail."""

from celery import shared_task

from crm.shell.mailing import mail_due
from crm.tenancy.context import tenant_scope
from crm.tenancy.system import tenants_with_rows


@shared_task(name="shell.mail_sweep")
def mail_sweep() -> None:
    """Every few seconds: one query for all companies."""
    for tenant_id in tenants_with_rows(
        table="shell_notification", condition="r.mail_at IS NOT NULL AND r.mail_at <= now()"
    ):
        mail.delay(tenant_id)


@shared_task(name="shell.mail")
def mail(tenant_id: int) -> None:
    with tenant_scope(tenant_id):
        mail_due()
