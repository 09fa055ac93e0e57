"""Jobs of the outbox: drain one tenant, and find tenants whose events nobody woke."""

from celery import shared_task

from crm.outbox.drain import drain_tenant
from crm.outbox.wake import lower_flag
from crm.tenancy.system import tenants_with_rows


@shared_task(name="outbox.drain")
def drain(tenant_id: int) -> None:
    lower_flag(tenant_id)
    drain_tenant(tenant_id)


@shared_task(name="outbox.sweep")
def sweep() -> None:
    due = tenants_with_rows(
        table="outbox_outboxevent", condition="r.next_at <= now() AND NOT r.failed"
    )
    for tenant_id in due:
        drain.delay(tenant_id)
