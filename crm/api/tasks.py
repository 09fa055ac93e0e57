"""Jobs of the API: forgetting the answers that nobody will ask for again."""

from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from crm.api.idempotency import KEEP_HOURS
from crm.api.models import IdempotencyRecord
from crm.tenancy.context import tenant_scope
from crm.tenancy.system import tenants_with_rows

_BATCH = 5000


@shared_task(name="api.purge_answers")
def purge_answers() -> None:
    """Delete stored answers past their time, company by company."""
    condition = f"r.created_at < now() - interval '{KEEP_HOURS} hours'"
    for tenant_id in tenants_with_rows(table="api_idempotencyrecord", condition=condition):
        purge_tenant_answers(tenant_id)


def purge_tenant_answers(tenant_id: int) -> int:
    """Delete one company's old answers in short transactions; return how many."""
    before = timezone.now() - timedelta(hours=KEEP_HOURS)
    gone = 0
    with tenant_scope(tenant_id):
        while True:
            with transaction.atomic():
                old = IdempotencyRecord.objects.filter(created_at__lt=before).order_by("created_at")
                ids = list(old.values_list("id", flat=True)[:_BATCH])
                IdempotencyRecord.objects.filter(id__in=ids).delete()
            gone += len(ids)
            if len(ids) < _BATCH:
                return gone
