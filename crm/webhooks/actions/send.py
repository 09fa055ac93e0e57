"""Deliveries: claim, commit, call, write down what came of it.

One delivery is under way to an endpoint at a time, in the order of the feed; the endpoint's lease
says so. A sender that is killed leaves the lease to run out: the delivery goes out again under
the same `webhook-id`.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.db import transaction
from django.db.models import F, Min, Q

from crm.outbox.drain import PAUSES, pause_after
from crm.shell.live import publish_after_commit
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from crm.webhooks.actions.breakdown import switch_off, tell_of_pause
from crm.webhooks.catalogue import event_type
from crm.webhooks.client import Answer
from crm.webhooks.keys import event_id
from crm.webhooks.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    EndpointState,
    FeedEvent,
    WebhookEndpoint,
)

LEASE = timedelta(seconds=30)  # more than a call may take
MAX_ATTEMPTS = len(PAUSES) + 1
# How long an endpoint is left alone after so many failures in a row: at first as long as the
# delivery itself, so that the order holds; then the line goes on without it.
CIRCUIT = (5, 30, 30, 60, 300, 300, 1200, 3600)
GIVE_UP_AFTER = timedelta(days=3)
MAX_RETRY_AFTER = timedelta(days=1)
AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is ours to make until the lease runs out."""

    tenant_id: int
    endpoint_id: int
    delivery_id: int
    lease: int
    failing: bool
    url: str
    keys: tuple[str, ...]
    message_id: str
    body: bytes


@transaction.atomic(durable=True)
def claim(*, endpoint_id: int, now: datetime) -> Claim | None:
    """Take an endpoint and its next delivery; None where there is nothing for us.

    Commits before anybody calls out: `durable` refuses to run inside a transaction.
    """
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    endpoint = (
        WebhookEndpoint.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(free, pk=endpoint_id, state=EndpointState.ON, next_at__lte=now)
        .first()
    )
    return _take(endpoint, now) if endpoint is not None else None


@transaction.atomic(durable=True)
def settle(*, claim: Claim, answer: Answer, now: datetime, go_on: bool = True) -> Claim | None:
    """Write down an attempt and what becomes of the delivery; take the endpoint's next one.

    A sender whose lease ran out may come late: what was delivered is delivered, whoever says it;
    a failure of a lease that is over changes nothing.
    """
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=claim.endpoint_id)
    delivery = Delivery.objects.select_for_update(no_key=True).get(pk=claim.delivery_id)
    ok = answer.status is not None and 200 <= answer.status < 300
    error = "" if ok else answer.error or _word(answer.status)
    DeliveryAttempt.objects.create(
        delivery=delivery,
        at=now,
        took_ms=answer.took_ms,
        ok=ok,
        status=answer.status,
        error=error,
        detail=answer.detail,
        address=answer.address,
        answer=answer.body,
    )
    ours = endpoint.lease == claim.lease
    if delivery.state == DeliveryState.WAITING and (ok or ours):
        delivery.last_status, delivery.error = answer.status, error
        if ok:
            _delivered(endpoint, delivery, now)
        else:
            _failed(endpoint, delivery, answer, now)
        delivery.save(update_fields=["state", "next_at", "last_status", "error", "settled_at"])
    _hint(endpoint)
    if not ours:
        endpoint.save(update_fields=_HEALTH)
        return None
    if endpoint.state == EndpointState.ON and go_on:
        return _take(endpoint, now)
    _release(endpoint, now)
    return None


_HEALTH = ["failures", "failing_since", "open_until", "last_success_at"]
_HELD = [*_HEALTH, "next_at", "leased_until", "lease"]


def _take(endpoint: WebhookEndpoint, now: datetime) -> Claim | None:
    """Lease a locked endpoint for its next delivery, or let it go until there is one."""
    waiting = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.WAITING)
    due = waiting.filter(next_at__lte=now)
    if endpoint.open_until is not None and endpoint.open_until > now:
        due = due.filter(is_test=True)
    delivery = due.select_related("event").order_by("-is_test", "sequence").first()
    if delivery is None:
        _release(endpoint, now)
        return None
    delivery.attempts = F("attempts") + 1  # type: ignore[assignment]
    delivery.save(update_fields=["attempts"])
    endpoint.leased_until = now + LEASE
    endpoint.lease += 1
    endpoint.next_at = now
    endpoint.save(update_fields=_HELD)
    keys = [endpoint.secrets["current"]]
    if endpoint.previous_until is not None and endpoint.previous_until > now:
        keys.append(endpoint.secrets["previous"])
    return Claim(
        tenant_id=endpoint.tenant_id,
        endpoint_id=endpoint.pk,
        delivery_id=delivery.pk,
        lease=endpoint.lease,
        failing=endpoint.failures > 0,
        url=endpoint.url,
        keys=tuple(keys),
        message_id=event_id(endpoint.tenant_id, delivery.event_id),
        body=write_body(delivery.event, Tenant.objects.get(pk=endpoint.tenant_id).slug),
    )


def _release(endpoint: WebhookEndpoint, now: datetime) -> None:
    """End the lease; the endpoint is looked at again when its next delivery is due."""
    waiting = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.WAITING)
    found = waiting.aggregate(
        test=Min("next_at", filter=Q(is_test=True)), other=Min("next_at", filter=Q(is_test=False))
    )
    other, test = found["other"], found["test"]
    if other is not None and endpoint.open_until is not None:
        other = max(other, endpoint.open_until)
    endpoint.next_at = min((at for at in (other, test) if at is not None), default=None)
    endpoint.leased_until = None
    endpoint.save(update_fields=_HELD)


def write_body(event: FeedEvent, company: str) -> bytes:
    """The body of an event's requests: the same bytes at every attempt."""
    return json.dumps(envelope(event, company), ensure_ascii=False, separators=(",", ":")).encode()


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


# --- What an answer means ----------------------------------------------------------------------


def _delivered(endpoint: WebhookEndpoint, delivery: Delivery, now: datetime) -> None:
    delivery.state, delivery.settled_at = DeliveryState.DELIVERED, now
    endpoint.failures, endpoint.failing_since, endpoint.open_until = 0, None, None
    endpoint.last_success_at = now


def _failed(endpoint: WebhookEndpoint, delivery: Delivery, answer: Answer, now: datetime) -> None:
    pause = pause_after(delivery.attempts)
    if is_final(answer) or delivery.is_test or pause is None:
        delivery.state, delivery.settled_at = DeliveryState.FAILED, now
    if answer.status == 410:
        switch_off(endpoint, now=now)
        return
    if delivery.is_test:
        return  # a trial by hand says nothing of the line
    endpoint.failing_since = endpoint.failing_since or now
    if endpoint.state == EndpointState.ON and now - endpoint.failing_since >= GIVE_UP_AFTER:
        tell_of_pause(endpoint, now=now)
    if delivery.state == DeliveryState.FAILED and pause is not None:
        return  # it was refused for itself: the next one may be taken
    wanted = retry_after(answer.retry_after, now)
    endpoint.failures += 1
    gap = timedelta(seconds=CIRCUIT[min(endpoint.failures, len(CIRCUIT)) - 1])
    endpoint.open_until = now + max(gap, wanted)
    if pause is not None:
        delivery.next_at = now + max(pause, wanted)


def is_final(answer: Answer) -> bool:
    """Tell whether trying again would not help: refused for good, or an address we don't call."""
    if answer.status is None:
        return answer.error in {"bad_url", "https_only", "port_not_allowed"}
    return 300 <= answer.status < 500 and answer.status not in AGAIN


def retry_after(text: str, now: datetime) -> timedelta:
    """Read a `Retry-After`: seconds or a date; a day at most, nothing where it is neither."""
    if text.strip().isdigit() and text.isascii():
        wanted = timedelta(seconds=min(int(text.strip()[:9]), 10**6))
    else:
        try:
            moment = parsedate_to_datetime(text)
            wanted = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
        except (ValueError, OverflowError):
            return timedelta()
    return min(max(wanted, timedelta()), MAX_RETRY_AFTER)


def _word(status: int | None) -> str:
    if status is None:
        return "not_reached"
    return "redirect" if 300 <= status < 400 else "refused"


def _hint(endpoint: WebhookEndpoint) -> None:
    publish_after_commit(
        tenant_id=current_tenant_id(), topic="webhooks", payload={"id": str(endpoint.pk)}
    )
