"""An event as other programs get it, by webhook and in the feed."""

import json
from datetime import UTC

from crm.webhooks.catalogue import event_type
from crm.webhooks.keys import event_id
from crm.webhooks.models import FeedEvent


def envelope(event: FeedEvent, company: str) -> dict[str, object]:
    """An event as receivers and readers of the feed get it."""
    kind = event_type(event.type)
    return {
        "id": event_id(event.tenant_id, event.pk),
        "type": event.type,
        "version": kind.version if kind else 1,
        "created_at": event.created_at.astimezone(UTC).isoformat(),
        "company": company,
        "sequence": event.sequence,
        "data": event.data,
    }


def write_body(event: FeedEvent, company: str) -> bytes:
    """The body of an event's requests: the same bytes at every attempt."""
    return json.dumps(envelope(event, company), ensure_ascii=False, separators=(",", ":")).encode()
