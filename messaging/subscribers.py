"""What this app does when something was announced. Each may be repeated and come late."""

from datetime import timedelta

from django.utils import timezone

from crm.outbox.registry import Event, subscribe
from messaging.actions.queue import queue_notice
from messaging.models import NoticeKind
from messaging.notices import prepayment_is_due, read_settings
from orders.models import Order


@subscribe("order.agreed")
def tell_agreed(event: Event) -> None:
    """The customer is told what was agreed, and reminded later while it is not paid.

    An order that comes back from the warehouse is no news to them.
    """
    order = Order.objects.filter(pk=event.object_id).first()
    if order is None or event.payload.get("from") != "new":
        return
    key, now = _key(event), timezone.now()
    queue_notice(order=order, kind=NoticeKind.AGREED, event_key=key, due_at=now, now=now)
    if prepayment_is_due(order):
        pause = timedelta(hours=read_settings().remind_after_hours)
        queue_notice(
            order=order,
            kind=NoticeKind.PAYMENT_REMINDER,
            event_key=key,
            due_at=event.created_at + pause,
            now=now,
        )


@subscribe("order.shipped")
def tell_shipped(event: Event) -> None:
    order = Order.objects.filter(pk=event.object_id).first()
    if order is not None:
        now = timezone.now()
        queue_notice(
            order=order, kind=NoticeKind.SHIPPED, event_key=_key(event), due_at=now, now=now
        )


def _key(event: Event) -> str:
    """The event's own name: a second try of its delivery has another id but the same name."""
    return f"{event.topic}:{event.object_id}:{event.created_at.isoformat()}"
