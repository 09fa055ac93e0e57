"""Doing what a delivery says: its effect and its «done» in one transaction."""

import logging
from datetime import datetime

from django.db import transaction

from crm.outbox.drain import pause_after
from integrations.ingress.registry import BadDelivery, adapter_of
from integrations.models import Connection, DeliveryState, InboundDelivery

logger = logging.getLogger(__name__)


@transaction.atomic
def handle_delivery(*, delivery_id: int, now: datetime) -> InboundDelivery | None:
    """Handle one waiting delivery; None when it is not waiting or somebody else has it.

    What can't be understood fails at once and is shown with its reason; any other error is
    tried again by the ladder of pauses and fails after the last.
    """
    delivery = (
        InboundDelivery.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(id=delivery_id, state=DeliveryState.WAITING)
        .first()
    )
    if delivery is None:
        return None
    connection = Connection.objects.select_related("channel").get(id=delivery.connection_id)
    delivery.attempts += 1
    try:
        with transaction.atomic():
            outcome = adapter_of(connection.kind).handle(connection, delivery, now)
    except BadDelivery as error:
        _fail(delivery, str(error), now)
    except Exception as error:
        logger.exception("delivery %s of connection %s failed", delivery.id, connection.id)
        _try_later(delivery, f"{type(error).__name__}: {error}", now)
    else:
        delivery.state = DeliveryState.HANDLED
        delivery.outcome = outcome.word
        delivery.object_id = outcome.object_id
        delivery.error = ""
        delivery.next_at = None
        delivery.handled_at = now
    delivery.save(
        update_fields=[
            "state",
            "outcome",
            "object_id",
            "error",
            "attempts",
            "next_at",
            "handled_at",
        ]
    )
    return delivery


def _fail(delivery: InboundDelivery, reason: str, now: datetime) -> None:
    delivery.state = DeliveryState.FAILED
    delivery.error = reason[:500]
    delivery.next_at = None
    delivery.handled_at = now


def _try_later(delivery: InboundDelivery, reason: str, now: datetime) -> None:
    pause = pause_after(delivery.attempts)
    if pause is None:
        _fail(delivery, reason, now)
        return
    delivery.error = reason[:500]
    delivery.next_at = now + pause
