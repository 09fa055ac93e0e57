"""Writing letters down, and sending one again."""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from messaging.models import MessageState, OutgoingMessage
from messaging.notices import read_settings, reason_to_skip
from orders.models import Order


class MessageNotFound(LookupError):
    """There is no such message."""

    code = "message_not_found"


@transaction.atomic
def queue_notice(
    *, order: Order, kind: str, event_key: str, due_at: datetime, now: datetime
) -> OutgoingMessage | None:
    """Write a notice down to be sent when it is due; None when this event has one already or
    the company does not send such.

    A customer whom nobody can write to gets a row too, so that the manager sees it.
    """
    choices = read_settings()
    if reason_to_skip(kind, order, choices) == "switched_off":
        return None
    row = OutgoingMessage(
        order=order,
        customer_id=order.customer_id,
        kind=kind,
        event_key=event_key,
        next_at=due_at,
        created_at=now,
        message_id=f"<{uuid4().hex}.{order.tenant_id}@{_mail_domain()}>",
    )
    OutgoingMessage.objects.bulk_create([row], ignore_conflicts=True)
    return OutgoingMessage.objects.filter(kind=kind, event_key=event_key, order=order).first()


@transaction.atomic
def send_again(*, message_id: int, actor: Actor, now: datetime) -> OutgoingMessage:
    """Put a failed or skipped letter back into the queue, under its old Message-ID.

    One that waits or was sent stays as it is.
    """
    message = OutgoingMessage.objects.select_for_update().filter(pk=message_id).first()
    if message is None:
        raise MessageNotFound
    if not message.can_be_sent_again:
        return message
    before = message.state
    message.state = MessageState.WAITING
    message.attempts = 0
    message.error = ""
    message.next_at = now
    message.settled_at = None
    message.save(update_fields=["state", "attempts", "error", "next_at", "settled_at"])
    record(
        "message.sent_again",
        message,
        actor=actor,
        now=now,
        changes={"state": [str(before), str(message.state)]},
    )
    return message


@transaction.atomic
def stop_message(*, message_id: int, actor: Actor, now: datetime) -> OutgoingMessage:
    """Take back a letter that still waits. One that is being sent or settled stays as it is."""
    message = OutgoingMessage.objects.select_for_update().filter(pk=message_id).first()
    if message is None:
        raise MessageNotFound
    if message.state != MessageState.WAITING:
        return message
    message.state = MessageState.SKIPPED
    message.error = "stopped"
    message.settled_at = now
    message.save(update_fields=["state", "error", "settled_at"])
    record("message.stopped", message, actor=actor, now=now)
    return message


def _mail_domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
