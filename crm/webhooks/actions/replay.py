"""Sending again: one delivery, or what of a span of time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.webhooks.actions.endpoints import EndpointRefused, lock_endpoint
from crm.webhooks.actions.publish import look_at, write_delivery
from crm.webhooks.models import Delivery, DeliveryState, EndpointState, FeedEvent, WebhookEndpoint

AT_ONCE = 10_000  # deliveries of one span
SETTLED = (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.SKIPPED)


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many go out again, and how many for the first time because they had not been chosen
    or the endpoint was switched off."""

    again: int
    missed: int = 0

    @property
    def total(self) -> int:
        return self.again + self.missed


@transaction.atomic
def replay_delivery(*, delivery_id: int, actor: Actor, now: datetime) -> Delivery:
    """Have one delivery made again. One that waits is made at once."""
    found = Delivery.objects.filter(pk=delivery_id).first()
    if found is None:
        raise EndpointRefused("not_found")
    endpoint = lock_endpoint(found.endpoint_id)
    if endpoint.state == EndpointState.OFF:
        raise EndpointRefused("webhook_not_on")
    delivery = Delivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
    delivery.state, delivery.attempts = DeliveryState.WAITING, 0
    delivery.next_at, delivery.settled_at = now, None
    delivery.save(update_fields=["state", "attempts", "next_at", "settled_at"])
    _try_now(endpoint.pk, now)
    record(
        "webhook.replayed", endpoint, actor=actor, now=now, details={"n": 1, "type": delivery.type}
    )
    return delivery


@transaction.atomic
def replay_span(
    *,
    endpoint_id: int,
    since: datetime,
    until: datetime,
    states: Collection[str] = (DeliveryState.FAILED,),
    missed: bool = False,
    actor: Actor,
    now: datetime,
) -> Replayed:
    """Have deliveries of a span of time made again, oldest first, under their old ids.

    `missed`: also events that it chooses now and never got a delivery for.
    """
    endpoint = lock_endpoint(endpoint_id)
    if endpoint.state == EndpointState.OFF:
        raise EndpointRefused("webhook_not_on")
    wanted = set(states) & set(SETTLED)
    again = (
        Delivery.objects.filter(
            endpoint=endpoint, state__in=wanted, created_at__gte=since, created_at__lt=until
        )
        .order_by("sequence")
        .values_list("id", flat=True)[:AT_ONCE]
    )
    count = Delivery.objects.filter(id__in=list(again)).update(
        state=DeliveryState.WAITING, attempts=0, next_at=now, settled_at=None
    )
    new = 0
    if missed:
        events = (
            FeedEvent.objects.filter(
                sequence__isnull=False, created_at__gte=since, created_at__lt=until
            )
            .exclude(id__in=Delivery.objects.filter(endpoint=endpoint).values("event_id"))
            .exclude(type="webhook.test")
            .order_by("sequence")
            .only("id", "type", "sequence", "created_at")
        )
        if not endpoint.all_events:
            events = events.filter(type__in=endpoint.events)
        rows = [write_delivery(endpoint, event, now) for event in events[:AT_ONCE]]
        new = len(Delivery.objects.bulk_create(rows))
    done = Replayed(count, new)
    if done.total:
        _try_now(endpoint.pk, now)
        record(
            "webhook.replayed",
            endpoint,
            actor=actor,
            now=now,
            details={"n": done.total, "since": since.isoformat(), "until": until.isoformat()},
        )
    return done


def _try_now(endpoint_id: int, now: datetime) -> None:
    """Somebody waits for it: the circuit is tried at once."""
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(open_until=None)
    look_at([endpoint_id], now=now)
