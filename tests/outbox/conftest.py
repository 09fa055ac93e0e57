"""Events of a company that are really stored, and what they effected."""

from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from crm.audit.models import AuditEntry
from crm.outbox.models import OutboxEvent
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from tests.outbox.effects import TOPIC


class Outbox:
    """The outbox of one company."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def write(self, count: int, *, topic: str = TOPIC, **payload: Any) -> None:
        now = timezone.now()
        with tenant_scope(self.tenant.pk), transaction.atomic():
            OutboxEvent.objects.bulk_create(
                OutboxEvent(
                    topic=topic,
                    object_type="event",
                    object_id=number,
                    payload=payload,
                    created_at=now,
                    next_at=now,
                )
                for number in range(count)
            )

    def waiting(self) -> list[OutboxEvent]:
        with tenant_scope(self.tenant.pk), transaction.atomic():
            return list(OutboxEvent.objects.order_by("id"))

    def effects(self) -> Counter[int]:
        """How often each event had its effect."""
        with tenant_scope(self.tenant.pk), transaction.atomic():
            rows = AuditEntry.objects.filter(action="test.effect")
            return Counter(rows.values_list("object_id", flat=True))


@pytest.fixture
def outbox(transactional_db: None) -> Outbox:
    return Outbox(Tenant.objects.create(slug="outbox", name="Outbox"))
