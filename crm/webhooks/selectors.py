"""Reads of the feed and of deliveries; each says its query count."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet

from crm.webhooks.catalogue import IN_CHANNEL
from crm.webhooks.models import (
    Delivery,
    DeliveryState,
    EndpointState,
    FeedEvent,
    WebhookEndpoint,
)


@dataclass(frozen=True, slots=True)
class Tally:
    """written = delivered + waiting + failed + skipped."""

    delivered: int = 0
    waiting: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def written(self) -> int:
        return self.delivered + self.waiting + self.failed + self.skipped

    def of(self, state: str) -> int:
        return int(getattr(self, state)) if state else self.written


# --- The feed ----------------------------------------------------------------------------------


def list_events(
    *,
    after: int,
    limit: int,
    types: Collection[str] = (),
    since: datetime | None = None,
    channel: str = "",
) -> list[FeedEvent]:
    """Return published events behind a place of the feed, oldest first. One query.

    `channel`: only what a key of that sales channel may know of.
    """
    rows = FeedEvent.objects.filter(sequence__gt=after)
    if types:
        rows = rows.filter(type__in=types)
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    if channel:
        rows = rows.filter(type__in=IN_CHANNEL, channel__in=["", channel])
    return list(rows.order_by("sequence")[:limit])


def first_sequence() -> int | None:
    """Return the place of the oldest event that is still kept. One query."""
    return (
        FeedEvent.objects.filter(sequence__isnull=False)
        .order_by("sequence")
        .values_list("sequence", flat=True)
        .first()
    )


def last_sequence() -> int:
    """Return the place of the newest event. One query."""
    return FeedEvent.objects.aggregate(last=Max("sequence"))["last"] or 0


# --- Endpoints and deliveries ------------------------------------------------------------------


def list_endpoints() -> list[WebhookEndpoint]:
    """Return the company's endpoints, oldest first. One query."""
    return list(WebhookEndpoint.objects.exclude(state=EndpointState.REMOVED).order_by("id"))


def find_endpoint(endpoint_id: int) -> WebhookEndpoint | None:
    """Return an endpoint that has not been removed. One query."""
    rows = WebhookEndpoint.objects.exclude(state=EndpointState.REMOVED)
    return rows.filter(pk=endpoint_id).first()


def tally_endpoints(ids: Iterable[int]) -> dict[int, Tally]:
    """Return what became of the deliveries of each endpoint. One query over an index."""
    counts: dict[int, dict[str, int]] = {endpoint_id: {} for endpoint_id in ids}
    rows = (
        Delivery.objects.filter(endpoint_id__in=counts)
        .values_list("endpoint_id", "state")
        .annotate(n=Count("id"))
        .order_by()
    )
    for endpoint_id, state, number in rows:
        counts[endpoint_id][state] = number
    return {endpoint_id: Tally(**states) for endpoint_id, states in counts.items()}


def list_deliveries(
    endpoint_id: int,
    *,
    state: str = "",
    type: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Delivery]:
    """Return an endpoint's deliveries that fit, without an order of rows."""
    wanted = Q(endpoint_id=endpoint_id)
    if state in DeliveryState.values:
        wanted &= Q(state=state)
    if type:
        wanted &= Q(type=type)
    if since is not None:
        wanted &= Q(created_at__gte=since)
    if until is not None:
        wanted &= Q(created_at__lt=until)
    return Delivery.objects.filter(wanted)
