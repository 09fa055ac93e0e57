"""Jobs of the outbox: drain one tenant, and find tenants whose events nobody woke."""

from celery import shared_task

from crm.outbox.drain import BATCH, drain_tenant
from crm.outbox.wake import lower_flag
from crm.tenancy.system import tenants_with_rows

TURN = 5  # batches after which a worker is given back to whoever waits for one


@shared_task(name="outbox.drain")
def drain(tenant_id: int) -> None:
    """Deliver a turn of a tenant's events, and ask for another turn while there are more."""
    lower_flag(tenant_id)
    if drain_tenant(tenant_id, batches=TURN) == TURN * BATCH:
        drain.delay(tenant_id)


@shared_task(name="outbox.sweep")
def sweep() -> None:
    due = tenants_with_rows(
        table="outbox_outboxevent", condition="r.next_at <= now() AND NOT r.failed"
    )
    for tenant_id in due:
        drain.delay(tenant_id)
