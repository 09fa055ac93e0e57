"""An endpoint that takes nothing any more is stopped, and the company's people are told."""

from datetime import datetime

from django.db import transaction

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.shell.actions import notify
from crm.shell.links import company_url
from crm.tenancy.context import current_tenant_id
from crm.webhooks.models import EndpointState, WebhookEndpoint
from crm.webhooks.tasks import send_stopped_letter

STATE = ["state", "reason", "state_since", "updated_at"]


def put_into(endpoint: WebhookEndpoint, state: EndpointState, reason: str, now: datetime) -> None:
    """Give a locked endpoint its state."""
    endpoint.state, endpoint.reason = state, reason
    endpoint.state_since = endpoint.updated_at = now
    endpoint.save(update_fields=STATE)


def tell_of_pause(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Pause a locked endpoint that has taken nothing for days. What comes is kept for it."""
    _stop(endpoint, "webhook.paused", EndpointState.PAUSED, "failing", now)


def switch_off(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Switch a locked endpoint off: its owner answered 410, it is gone for good."""
    _stop(endpoint, "webhook.switched_off", EndpointState.OFF, "gone", now)


def _stop(
    endpoint: WebhookEndpoint, topic: str, state: EndpointState, reason: str, now: datetime
) -> None:
    put_into(endpoint, state, reason, now)
    record(
        topic,
        endpoint,
        actor=Actor.system(),
        now=now,
        changes={"state": ["on", state.value]},
        details={"reason": reason},
    )
    _tell(endpoint, now)


def _tell(endpoint: WebhookEndpoint, now: datetime) -> None:
    members = [
        member
        for member in Membership.objects.filter(is_active=True).order_by("id")
        if member.can(Permission.CONNECTIONS_MANAGE)
    ]
    notify(
        members=members,
        kind="webhook.stopped",
        params={"name": str(endpoint)[:120], "reason": endpoint.reason},
        url=company_url("webhooks:endpoint", endpoint_id=endpoint.pk),
        now=now,
    )
    tenant_id, endpoint_id = current_tenant_id(), endpoint.pk
    ids = [member.pk for member in members]
    transaction.on_commit(
        lambda: [send_stopped_letter.delay(tenant_id, endpoint_id, pk) for pk in ids], robust=True
    )
