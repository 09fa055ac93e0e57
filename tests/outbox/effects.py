"""A subscriber whose effects can be counted; workers of the kill test import it too."""

import time

from crm.audit.models import AuditEntry
from crm.outbox.registry import Event, subscribe

TOPIC = "test.counted"


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
