"""Jobs: find companies with letters due, then send for each in its own scope."""

from celery import shared_task

from crm.tenancy.context import tenant_scope
from crm.tenancy.system import tenants_with_rows
from messaging.actions.send import send_due


@shared_task(name="messaging.sweep")
def sweep() -> None:
    """Every few seconds: one query for all companies."""
    for tenant_id in tenants_with_rows(
        table="messaging_outgoingmessage",
        condition="r.state IN ('waiting', 'sending') AND r.next_at <= now()",
    ):
        send.delay(tenant_id)


@shared_task(name="messaging.send")
def send(tenant_id: int) -> None:
    with tenant_scope(tenant_id):
        send_due()
