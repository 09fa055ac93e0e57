"""Making endpoints, changing them, their secrets; pausing and letting them work again."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.webhooks.actions.breakdown import put_into
from crm.webhooks.actions.publish import look_at
from crm.webhooks.catalogue import TEST, TYPES
from crm.webhooks.guard import AddressRefused, check_url
from crm.webhooks.models import Delivery, DeliveryState, EndpointState, WebhookEndpoint
from crm.webhooks.signing import new_secret

OVERLAP = timedelta(hours=24)  # how long the old secret still signs beside the new one
MAX_ENDPOINTS = 50
CHOICES = frozenset(TYPES) - {TEST}


class EndpointRefused(Exception):
    """`code`: not_found, too_many_webhooks, no_events, unknown_event, webhook_not_on, or why the
    address is refused (see guard.AddressRefused); `field` names the input at fault."""

    def __init__(self, code: str, *, field: str = "") -> None:
        self.code = code
        self.field = field
        super().__init__(code)


@transaction.atomic
def create_endpoint(
    *,
    url: str,
    description: str = "",
    events: Collection[str] = (),
    all_events: bool = False,
    actor: Actor,
    now: datetime,
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint; return it with its secret, which nobody will see again."""
    url = _check_url(url)
    chosen = _check_events(events, all_events=all_events)
    living = WebhookEndpoint.objects.exclude(state=EndpointState.REMOVED).count()
    if living >= MAX_ENDPOINTS:
        raise EndpointRefused("too_many_webhooks")
    secret = new_secret()
    endpoint = WebhookEndpoint.objects.create(
        url=url,
        description=" ".join(description.split())[:80],
        all_events=all_events,
        events=chosen,
        secrets={"current": secret},
        state_since=now,
        created_by_id=actor.member_id,
        created_at=now,
        updated_at=now,
    )
    record(
        "webhook.created",
        endpoint,
        actor=actor,
        now=now,
        changes={"url": [None, url], "events": [None, _words(endpoint)]},
    )
    return endpoint, secret


@transaction.atomic
def edit_endpoint(
    *,
    endpoint_id: int,
    url: str | None = None,
    description: str | None = None,
    events: Collection[str] | None = None,
    all_events: bool | None = None,
    actor: Actor,
    now: datetime,
) -> WebhookEndpoint:
    """Change what is given. Deliveries that wait go to the new address."""
    endpoint = lock_endpoint(endpoint_id)
    before = {"url": endpoint.url, "name": endpoint.description, "events": _words(endpoint)}
    if url is not None and url.strip() != endpoint.url:
        endpoint.url = _check_url(url)
        # Another address has not failed yet.
        endpoint.failures, endpoint.failing_since, endpoint.open_until = 0, None, None
    if description is not None:
        endpoint.description = " ".join(description.split())[:80]
    if events is not None or all_events is not None:
        every = endpoint.all_events if all_events is None else all_events
        chosen = endpoint.events if events is None else events
        endpoint.events = _check_events(chosen, all_events=every)
        endpoint.all_events = every
    after = {"url": endpoint.url, "name": endpoint.description, "events": _words(endpoint)}
    changes: dict[str, list[Any]] = {
        name: [before[name], after[name]] for name in before if before[name] != after[name]
    }
    if not changes:
        return endpoint
    endpoint.updated_at = now
    endpoint.save(
        update_fields=[
            "url",
            "description",
            "events",
            "all_events",
            "updated_at",
            "failures",
            "failing_since",
            "open_until",
        ]
    )
    look_at([endpoint.pk], now=now)
    record("webhook.changed", endpoint, actor=actor, now=now, changes=changes)
    return endpoint


@transaction.atomic
def rotate_secret(*, endpoint_id: int, actor: Actor, now: datetime) -> tuple[WebhookEndpoint, str]:
    """Make a new secret. For a day both sign, so that the receiver changes over in peace."""
    endpoint = lock_endpoint(endpoint_id)
    secret = new_secret()
    endpoint.secrets = {"current": secret, "previous": endpoint.secrets["current"]}
    endpoint.previous_until = now + OVERLAP
    endpoint.updated_at = now
    endpoint.save(update_fields=["secrets", "previous_until", "updated_at"])
    record("webhook.secret_rotated", endpoint, actor=actor, now=now)
    return endpoint, secret


@transaction.atomic
def pause_endpoint(*, endpoint_id: int, actor: Actor, now: datetime) -> WebhookEndpoint:
    """Send nothing more; what happens meanwhile is kept. Repeating it changes nothing."""
    endpoint = lock_endpoint(endpoint_id)
    if endpoint.state != EndpointState.ON:
        return endpoint
    put_into(endpoint, EndpointState.PAUSED, "by_hand", now)
    record(
        "webhook.paused",
        endpoint,
        actor=actor,
        now=now,
        changes={"state": ["on", "paused"]},
        details={"reason": "by_hand"},
    )
    return endpoint


@transaction.atomic
def resume_endpoint(
    *, endpoint_id: int, skip_waiting: bool = False, actor: Actor, now: datetime
) -> WebhookEndpoint:
    """Let it work again: what waited goes out in order, or is skipped where that is wanted."""
    endpoint = lock_endpoint(endpoint_id)
    if endpoint.state == EndpointState.ON:
        return endpoint
    before = endpoint.state
    put_into(endpoint, EndpointState.ON, "", now)
    endpoint.failures, endpoint.failing_since, endpoint.open_until = 0, None, None
    endpoint.save(update_fields=["failures", "failing_since", "open_until"])
    waiting = Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.WAITING)
    if skip_waiting:
        waiting.update(state=DeliveryState.SKIPPED, settled_at=now)
    else:
        waiting.update(next_at=now, attempts=0)
    look_at([endpoint.pk], now=now)
    record(
        "webhook.resumed",
        endpoint,
        actor=actor,
        now=now,
        changes={"state": [str(before), "on"]},
        details={"skipped": skip_waiting},
    )
    return endpoint


@transaction.atomic
def remove_endpoint(*, endpoint_id: int, actor: Actor, now: datetime) -> None:
    """Take an endpoint away; its log goes with the events it is about, in 30 days."""
    endpoint = lock_endpoint(endpoint_id)
    put_into(endpoint, EndpointState.REMOVED, "", now)
    Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.WAITING).update(
        state=DeliveryState.SKIPPED, settled_at=now
    )
    record("webhook.removed", endpoint, actor=actor, now=now, changes={"url": [endpoint.url, None]})


@transaction.atomic
def test_endpoint(*, endpoint_id: int, actor: Actor, now: datetime) -> WebhookEndpoint:
    """Send `webhook.test` to an endpoint that works: through the whole way, before all others."""
    endpoint = lock_endpoint(endpoint_id)
    if endpoint.state != EndpointState.ON:
        raise EndpointRefused("webhook_not_on")
    record(TEST, endpoint, actor=actor, now=now)
    return endpoint


def lock_endpoint(endpoint_id: int) -> WebhookEndpoint:
    """Lock an endpoint that has not been removed; raise EndpointRefused("not_found")."""
    endpoint = (
        WebhookEndpoint.objects.select_for_update(no_key=True)
        .exclude(state=EndpointState.REMOVED)
        .filter(pk=endpoint_id)
        .first()
    )
    if endpoint is None:
        raise EndpointRefused("not_found")
    return endpoint


def _check_url(url: str) -> str:
    url = url.strip()
    try:
        check_url(url)
    except AddressRefused as refusal:
        raise EndpointRefused(refusal.code, field="url") from None
    return url


def _check_events(events: Collection[str], *, all_events: bool) -> list[str]:
    unknown = sorted(set(events) - CHOICES)
    if unknown:
        raise EndpointRefused("unknown_event", field="events")
    if all_events:
        return []
    if not events:
        raise EndpointRefused("no_events", field="events")
    return [name for name in TYPES if name in set(events)]


def _words(endpoint: WebhookEndpoint) -> str:
    return "*" if endpoint.all_events else ", ".join(endpoint.events)[:1000]


test_endpoint.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for a test
