"""Giving events their place in the feed, and a delivery to everybody who chose them.

Why not at once, in the drain: drains of one company run side by side, so that an event with a
lower number may be stored after one with a higher number, and a reader who is past the higher one
would never see it. Here one transaction at a time (the counter's row is the lock) numbers what is
stored, and only what no earlier event can still come before (`_horizon`). So numbers appear in
order, none is skipped, and a cause stands before its consequence.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from crm.outbox.models import OutboxEvent
from crm.shell.live import publish_after_commit
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import take_numbers
from crm.webhooks.catalogue import TEST
from crm.webhooks.models import Delivery, EndpointState, FeedEvent, WebhookEndpoint
from crm.webhooks.ports import Snapshot, describe_objects, object_name
from crm.webhooks.wake import wake_sender_after_commit

_COUNTER = "webhook_event"
BATCH = 500

_NUMBER = """
UPDATE webhooks_feedevent e SET sequence = n.sequence, data = n.data, channel = n.channel
FROM unnest(%s::bigint[], %s::bigint[], %s::jsonb[], %s::text[]) AS n(id, sequence, data, channel)
WHERE e.tenant_id = %s AND e.id = n.id
"""
# LEAST ignores NULL: an endpoint that had nothing to do is looked at now, or when its circuit
# is tried again.
_LOOK = """
UPDATE webhooks_webhookendpoint
SET next_at = LEAST(next_at, GREATEST(%s, CASE WHEN id = ANY(%s::bigint[]) THEN %s
    ELSE open_until END))
WHERE tenant_id = %s AND id = ANY(%s::bigint[])
"""


def publish_events(*, now: datetime) -> int:
    """Publish everything that is ready, in short transactions; return how many events."""
    total = 0
    while True:
        published = _publish_batch(now)
        total += published
        if published < BATCH:
            return total


@transaction.atomic
def _publish_batch(now: datetime) -> int:
    first = take_numbers(_COUNTER, 0)  # locks: from here on nobody else numbers
    waiting = FeedEvent.objects.filter(sequence__isnull=True)
    horizon = _horizon(now)
    if horizon is not None:
        waiting = waiting.filter(source_id__lt=horizon)
    events = list(waiting.order_by("source_id", "id")[:BATCH])
    if not events:
        return 0
    take_numbers(_COUNTER, len(events))
    snapshots = _describe(events)
    for sequence, event in enumerate(events, start=first):
        snapshot = snapshots[event.pk]
        event.sequence = sequence
        event.channel = snapshot.channel
        # An object that is gone is still named.
        described = snapshot.data or {"id": str(event.object_id)}
        event.data = {object_name(event.object_type): described, **event.facts}
    with connection.cursor() as cursor:
        cursor.execute(
            _NUMBER,
            [
                [event.pk for event in events],
                [event.sequence for event in events],
                [Jsonb(event.data) for event in events],
                [event.channel for event in events],
                current_tenant_id(),
            ],
        )
    _write_deliveries(events, now)
    return len(events)


def _horizon(now: datetime) -> int | None:
    """The lowest number of an event that is still to be drained; it is still there while a
    drain that has not committed has it. Second tries of single subscribers hold nobody up."""
    return (
        OutboxEvent.objects.filter(subscriber="", failed=False, next_at__lte=now)
        .order_by("id")
        .values_list("id", flat=True)
        .first()
    )


def _describe(events: Sequence[FeedEvent]) -> dict[int, Snapshot]:
    """What is said of each event's object: one look for each kind of object."""
    ids: dict[str, set[int]] = defaultdict(set)
    for event in events:
        ids[event.object_type].add(event.object_id)
    found = {kind: describe_objects(kind, some) for kind, some in ids.items()}
    nothing = Snapshot()
    return {event.pk: found[event.object_type].get(event.object_id, nothing) for event in events}


def _write_deliveries(events: Sequence[FeedEvent], now: datetime) -> None:
    endpoints = list(
        WebhookEndpoint.objects.filter(state__in=[EndpointState.ON, EndpointState.PAUSED])
        .order_by("id")
        .only("id", "all_events", "events")
    )
    rows: list[Delivery] = []
    tested: list[int] = []
    for event in events:
        is_test = event.type == TEST
        for endpoint in endpoints:
            if is_test and endpoint.pk != event.object_id:
                continue
            if not is_test and not endpoint.wants(event.type):
                continue
            rows.append(write_delivery(endpoint, event, now, is_test=is_test))
            if is_test:
                tested.append(endpoint.pk)
    if not rows:
        return
    Delivery.objects.bulk_create(rows)
    look_at([row.endpoint_id for row in rows], now=now, through_circuit=tested)


def write_delivery(
    endpoint: WebhookEndpoint, event: FeedEvent, now: datetime, *, is_test: bool = False
) -> Delivery:
    """Return the row, unsaved, of one published event for one endpoint."""
    assert event.sequence is not None
    return Delivery(
        endpoint_id=endpoint.pk,
        event_id=event.pk,
        type=event.type,
        sequence=event.sequence,
        is_test=is_test,
        next_at=now,
        created_at=event.created_at,
    )


def look_at(ids: Sequence[int], *, now: datetime, through_circuit: Sequence[int] = ()) -> None:
    """Have a sender look at endpoints as soon as their circuits allow."""
    wanted = sorted(set(ids))
    values: list[Any] = [now, sorted(set(through_circuit)), now, current_tenant_id(), wanted]
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, values)
    for endpoint_id in wanted:
        publish_after_commit(
            tenant_id=current_tenant_id(), topic="webhooks", payload={"id": str(endpoint_id)}
        )
    wake_sender_after_commit()
