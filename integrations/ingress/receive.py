"""Storing a delivery before it is acknowledged. «Seen» is never «done»."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from celery import current_app
from django.db import transaction
from django.db.models import F

from integrations.ingress.registry import adapter_of
from integrations.models import Connection, DeliveryState, InboundDelivery


class KeyReused(Exception):
    """The same delivery id came with another body."""


@transaction.atomic
def receive_delivery(
    *, connection: Connection, headers: Mapping[str, str], body: bytes, now: datetime
) -> InboundDelivery:
    """Verify and store one delivery; it is handled by a job after commit.

    Raises Unsigned, Ignored (a ping) and KeyReused. A repeat is counted on the first one's row.
    """
    adapter = adapter_of(connection.kind)
    envelope = adapter.open(connection, headers, body)
    body_hash = hashlib.sha256(body).hexdigest()
    key = envelope.key or f"{envelope.topic}:{body_hash}"
    delivery = InboundDelivery(
        connection_id=connection.id,
        dedupe_key=key[:160],
        body_hash=body_hash,
        topic=envelope.topic[:60],
        headers={name: headers.get(name, "")[:300] for name in adapter.kept_headers},
        body=body,
        received_at=now,
        next_at=now,
    )
    InboundDelivery.objects.bulk_create([delivery], ignore_conflicts=True)
    stored = InboundDelivery.objects.get(
        connection_id=connection.id, dedupe_key=delivery.dedupe_key
    )
    if stored.body_hash != body_hash:
        raise KeyReused
    if stored.received_at != now:
        InboundDelivery.objects.filter(id=stored.id).update(repeats=F("repeats") + 1)
        return stored
    Connection.objects.filter(id=connection.id).update(last_delivery_at=now)
    handle_after_commit(stored)
    return stored


@transaction.atomic
def replay_delivery(*, delivery_id: int, now: datetime) -> InboundDelivery:
    """Have a failed delivery handled again. One that waits or is done is left alone."""
    delivery = InboundDelivery.objects.select_for_update(no_key=True).get(id=delivery_id)
    if delivery.state == DeliveryState.FAILED:
        delivery.state = DeliveryState.WAITING
        delivery.attempts = 0
        delivery.next_at = now
        delivery.save(update_fields=["state", "attempts", "next_at"])
        handle_after_commit(delivery)
    return delivery


def handle_after_commit(delivery: InboundDelivery) -> None:
    """Ask for the job at once; where the broker is away the sweep finds the row."""
    args = [delivery.tenant_id, delivery.id]
    transaction.on_commit(
        lambda: current_app.send_task("integrations.handle", args=args), robust=True
    )
