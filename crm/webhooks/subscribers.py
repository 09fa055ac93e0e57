"""Every event that other programs may hear of is kept, and given out once the drain commits."""

from django.db import transaction
from django.utils import timezone

from crm.outbox.registry import Event, subscribe
from crm.webhooks.actions.publish import publish_events
from crm.webhooks.catalogue import event_type, keep_facts
from crm.webhooks.models import FeedEvent


@subscribe("*")
def keep_event(event: Event) -> None:
    """Write the event down. What it says of its object is read when it is published."""
    kind = event_type(event.topic)
    if kind is None:
        return
    FeedEvent.objects.create(
        source_id=event.id,
        type=event.topic,
        object_type=event.object_type,
        object_id=event.object_id,
        facts=keep_facts(kind, event.payload),
        created_at=event.created_at,
    )
    _publish_after_commit()


def _publish_after_commit() -> None:
    """Publish once, however many events this drain holds; the sweep makes up for a failure."""
    hooks = (func for _sids, func, *_rest in transaction.get_connection().run_on_commit)
    if not any(func is _publish for func in hooks):
        transaction.on_commit(_publish, robust=True)


def _publish() -> None:
    publish_events(now=timezone.now())
