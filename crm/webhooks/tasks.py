"""Jobs of webhooks: publish what a drain could not, forget what is old, write to the owners."""

from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from crm.accounts.mails import send_letter
from crm.accounts.models import Membership
from crm.shell.links import company_url
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from crm.tenancy.system import tenants_with_rows
from crm.webhooks.actions.publish import publish_events
from crm.webhooks.models import KEEP, WebhookEndpoint

_BATCH = 2000
_FORGET = """
WITH old AS (
    SELECT id FROM webhooks_feedevent WHERE tenant_id = %(t)s AND created_at < %(before)s
    ORDER BY created_at LIMIT %(batch)s
), deliveries AS (
    SELECT d.id FROM webhooks_delivery d JOIN old ON old.id = d.event_id WHERE d.tenant_id = %(t)s
), attempts AS (
    DELETE FROM webhooks_deliveryattempt a USING deliveries
    WHERE a.tenant_id = %(t)s AND a.delivery_id = deliveries.id
), gone AS (
    DELETE FROM webhooks_delivery d USING deliveries
    WHERE d.tenant_id = %(t)s AND d.id = deliveries.id
)
DELETE FROM webhooks_feedevent e USING old WHERE e.tenant_id = %(t)s AND e.id = old.id
"""


@shared_task(name="webhooks.sweep")
def sweep() -> None:
    """Publish what no drain has published: its worker was killed after the commit."""
    for tenant_id in tenants_with_rows(table="webhooks_feedevent", condition="r.sequence IS NULL"):
        publish.delay(tenant_id)


@shared_task(name="webhooks.publish")
def publish(tenant_id: int) -> None:
    with tenant_scope(tenant_id):
        publish_events(now=timezone.now())


@shared_task(name="webhooks.purge")
def purge() -> None:
    """Forget events and deliveries past their time, company by company."""
    condition = f"r.created_at < now() - interval '{KEEP.days} days'"
    for tenant_id in tenants_with_rows(table="webhooks_feedevent", condition=condition):
        purge_company(tenant_id)


def purge_company(tenant_id: int) -> int:
    """Forget one company's old events in short transactions; return how many."""
    before = timezone.now() - KEEP
    gone = 0
    with tenant_scope(tenant_id):
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(_FORGET, {"t": tenant_id, "before": before, "batch": _BATCH})
                gone += cursor.rowcount
                if cursor.rowcount < _BATCH:
                    return gone


_RETRY: dict[str, Any] = {
    "autoretry_for": (OSError,),
    "retry_backoff": 5,
    "retry_backoff_max": 600,
    "max_retries": 8,
}


@shared_task(name="webhooks.send_stopped_letter", **_RETRY)
def send_stopped_letter(tenant_id: int, endpoint_id: int, member_id: int) -> None:
    """Tell one member by e-mail that an endpoint was stopped."""
    company = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant_id), transaction.atomic():
        endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
        member = (
            Membership.objects.select_related("user").filter(pk=member_id, is_active=True).first()
        )
        if endpoint is None or member is None:
            return
        link = settings.BASE_URL + company_url(
            "webhooks:endpoint", company=company.slug, endpoint_id=endpoint_id
        )
    send_letter(
        "webhook_stopped",
        to=member.user.email,
        language=member.user.language or company.language,
        context={"company": company, "endpoint": endpoint, "link": link},
    )
