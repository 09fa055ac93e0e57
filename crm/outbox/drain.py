"""Delivering events: take a batch, run the subscribers, all in one transaction.

A worker killed at any moment loses nothing and repeats nothing: the event's row and its
effects go together. A subscriber that fails harms no other; it alone is tried again later.
"""

import json
import logging
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm.audit.record import request_id
from crm.outbox.models import OutboxEvent
from crm.outbox.registry import Event, subscribers_of
from crm.tenancy.context import tenant_scope

logger = logging.getLogger(__name__)

PAUSES = (5, 30, 60, 300, 1200, 3600, 14400, 21600, 43200, 43200, 86400)  # seconds
BATCH = 100

# Materialized: joined in place, the choice is made anew for each row, and one worker waits
# for the rows of another instead of taking its own.
_TAKE = """
WITH due AS MATERIALIZED (
    SELECT tenant_id, id FROM outbox_outboxevent
    WHERE tenant_id = %s AND next_at <= %s AND NOT failed
    ORDER BY next_at, id LIMIT %s FOR UPDATE SKIP LOCKED
)
DELETE FROM outbox_outboxevent e USING due
WHERE e.tenant_id = %s AND e.tenant_id = due.tenant_id AND e.id = due.id
RETURNING e.id, e.topic, e.subscriber, e.object_type, e.object_id, e.payload,
          e.created_at, e.attempts, e.request_id
"""


def pause_after(attempts: int) -> timedelta | None:
    """Return how long to wait after this many failed attempts; None when that was the last."""
    if attempts > len(PAUSES):
        return None
    return timedelta(seconds=PAUSES[attempts - 1] * random.uniform(0.9, 1.1))


def drain_tenant(tenant_id: int, *, batches: int = 50) -> int:
    """Deliver what is due for one tenant; return how many events were taken."""
    total = 0
    with tenant_scope(tenant_id):
        for _ in range(batches):
            taken = drain_batch(tenant_id)
            total += taken
            if taken < BATCH:
                break
    return total


def drain_batch(tenant_id: int) -> int:
    """Deliver one batch in one transaction; return its size. Needs the tenant's scope."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [tenant_id, timezone.now(), BATCH, tenant_id])
            rows = cursor.fetchall()
        for *event, caused_by in sorted(rows):
            token = request_id.set(caused_by)
            try:
                _deliver(tenant_id, event)
            finally:
                request_id.reset(token)
    return len(rows)


def _deliver(tenant_id: int, row: Sequence[Any]) -> None:
    event_id, topic, only, object_type, object_id, payload, created_at, attempts = row
    if isinstance(payload, str):
        payload = json.loads(payload)
    event = Event(event_id, tenant_id, topic, object_type, object_id, created_at, payload)
    subscribers = subscribers_of(topic)
    if only:
        if only not in subscribers:
            # Renamed or taken out since: kept, so that nobody's work vanishes without a word.
            logger.error("no subscriber %s for %s any more", only, topic)
            _keep(event, only, attempts, "there is no such subscriber any more", None)
            return
        subscribers = {only: subscribers[only]}
    for name, subscriber in subscribers.items():
        try:
            with transaction.atomic():
                subscriber(event)
        except Exception as error:  # a subscriber's fault must not stop the others
            logger.exception("subscriber %s failed on %s", name, topic)
            said = f"{type(error).__name__}: {error}"
            _keep(event, name, attempts + 1, said, pause_after(attempts + 1))


def _keep(event: Event, name: str, attempts: int, said: str, pause: timedelta | None) -> None:
    """Keep an event for one subscriber: until it is due again, or for a person to see."""
    OutboxEvent.objects.create(
        topic=event.topic,
        subscriber=name,
        object_type=event.object_type,
        object_id=event.object_id,
        payload=event.payload,
        request_id=request_id.get(),
        created_at=event.created_at,
        next_at=timezone.now() + (pause or timedelta()),
        attempts=attempts,
        last_error=said[:500],
        failed=pause is None,
    )
