"""Deliveries: claim, commit, call, write down what came of it.

One delivery is under way to an endpoint at a time, in the order of the feed; the endpoint's lease
says so. A sender that is killed leaves the lease to run out: the delivery goes out again under
the same `webhook-id`.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.db import transaction

from crm.outbox.drain import PAUSES, pause_after
from crm.shell.live import publish_after_commit
from crm.tenancy.context import current_tenant_id
from crm.webhooks.actions.breakdown import switch_off, tell_of_pause
from crm.webhooks.actions.lane import Claim, lock_due, note_delivered, take_next
from crm.webhooks.client import Answer
from crm.webhooks.models import (
    Delivery,
    DeliveryAttempt,
    DeliveryState,
    EndpointState,
    WebhookEndpoint,
)

MAX_ATTEMPTS = len(PAUSES) + 1
# How long an endpoint is left alone after so many failures in a row: at first as long as the
# delivery itself, so that the order holds; then the line goes on without it.
CIRCUIT = (5, 30, 30, 60, 300, 300, 1200, 3600)
GIVE_UP_AFTER = timedelta(days=3)
MAX_RETRY_AFTER = timedelta(days=1)
AGAIN = frozenset({408, 425, 429})


@transaction.atomic(durable=True)
def claim(*, endpoint_id: int, now: datetime) -> Claim | None:
    """Take an endpoint and its next delivery; None where there is nothing for us.

    Commits before anybody calls out: `durable` refuses to run inside a transaction.
    """
    if not lock_due(endpoint_id, now):
        return None
    return take_next(endpoint_id, now, ok=False)


@transaction.atomic(durable=True)
def settle(*, claim: Claim, answer: Answer, now: datetime, go_on: bool = True) -> Claim | None:
    """Write down an attempt and what becomes of the delivery; take the endpoint's next one.

    A sender whose lease ran out may come late: what was delivered is delivered, whoever says it;
    a failure of a lease that is over changes nothing.
    """
    _hint(claim.endpoint_id)
    if is_taken(answer) and note_delivered(claim, answer, now):
        return take_next(claim.endpoint_id, now, ok=True, go_on=go_on)
    return _settle_otherwise(claim, answer, now, go_on=go_on)


def is_taken(answer: Answer) -> bool:
    """Tell whether the receiver has the event."""
    return answer.status is not None and 200 <= answer.status < 300


def _settle_otherwise(claim: Claim, answer: Answer, now: datetime, *, go_on: bool) -> Claim | None:
    """What failed, and what was taken after the lease or by an endpoint that was stopped."""
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=claim.endpoint_id)
    delivery = Delivery.objects.select_for_update(no_key=True).get(pk=claim.delivery_id)
    ok = is_taken(answer)
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
            delivery.state, delivery.settled_at = DeliveryState.DELIVERED, now
            endpoint.failures, endpoint.failing_since, endpoint.open_until = 0, None, None
            endpoint.last_success_at = now
        else:
            _failed(endpoint, delivery, answer, now)
        delivery.save(update_fields=["state", "next_at", "last_status", "error", "settled_at"])
    endpoint.save(update_fields=["failures", "failing_since", "open_until", "last_success_at"])
    if not ours:
        return None
    go_on = go_on and endpoint.state == EndpointState.ON
    return take_next(claim.endpoint_id, now, ok=False, go_on=go_on)


# --- What an answer means ----------------------------------------------------------------------


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


def _hint(endpoint_id: int) -> None:
    publish_after_commit(
        tenant_id=current_tenant_id(), topic="webhooks", payload={"id": str(endpoint_id)}
    )
