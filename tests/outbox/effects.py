"""A subscriber whose effects can be counted; workers of the kill test import it too."""

import time
from concurrent.futures import ThreadPoolExecutor

from django.db import transaction

from crm.audit.models import AuditEntry
from crm.outbox.registry import Event, subscribe
from crm.tenancy.context import tenant_scope

TOPIC = "test.counted"
APART = "test.apart"


@subscribe(TOPIC)
def leave_a_mark(event: Event) -> None:
    """Write one row for the event: a repeat would be a second one."""
    time.sleep(event.payload.get("seconds", 0))
    AuditEntry.objects.create(
        at=event.created_at,
        actor_kind="system",
        actor_label="test",
        action="test.effect",
        object_type="event",
        object_id=event.object_id,
    )


_another_connection = ThreadPoolExecutor(1)


@subscribe(APART)
def leave_a_mark_apart(event: Event) -> None:
    """The control: the same, stored at once in a transaction that is not the drain's."""

    def work() -> None:
        with tenant_scope(event.tenant_id), transaction.atomic():
            leave_a_mark(event)

    _another_connection.submit(work).result()
