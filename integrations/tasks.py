"""Jobs of the gate: handle one delivery, and find those that wait."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from crm.tenancy.context import tenant_scope
from crm.tenancy.system import tenants_with_rows
from integrations.ingress.handle import handle_delivery
from integrations.models import DeliveryState, InboundDelivery

BATCH = 500


@shared_task(name="integrations.handle")
def handle(tenant_id: int, delivery_id: int) -> None:
    with tenant_scope(tenant_id):
        handle_delivery(delivery_id=delivery_id, now=timezone.now())


@shared_task(name="integrations.sweep")
def sweep() -> None:
    due = "r.state = 'waiting' AND r.next_at <= now() - interval '5 seconds'"
    for tenant_id in tenants_with_rows(table="integrations_inbounddelivery", condition=due):
        handle_due.delay(tenant_id)


@shared_task(name="integrations.handle_due")
def handle_due(tenant_id: int) -> None:
    """Handle what waits for one tenant, oldest first."""
    now = timezone.now()
    with tenant_scope(tenant_id):
        with transaction.atomic():
            ids = list(
                InboundDelivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=now)
                .order_by("id")
                .values_list("id", flat=True)[:BATCH]
            )
        for delivery_id in ids:
            handle_delivery(delivery_id=delivery_id, now=timezone.now())
