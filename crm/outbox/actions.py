"""Trying failed effects again at a person's word."""

from datetime import datetime

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.outbox.models import OutboxEvent
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant


@transaction.atomic
def retry_effect(*, event_id: int, actor: Actor, now: datetime) -> bool:
    """Have one failed effect tried now; False where it is gone or being tried already.

    The count of attempts stays: an effect that was given up and fails again is given up at
    once, so that the person sees what came of their try.
    """
    event = (
        OutboxEvent.objects.select_for_update(skip_locked=True)
        .filter(id=event_id, attempts__gt=0)
        .first()
    )
    if event is None:
        return False
    event.failed, event.next_at = False, now
    event.save(update_fields=["failed", "next_at"])
    _record(1, actor, now, {"topic": event.topic, "subscriber": event.subscriber})
    return True


@transaction.atomic
def retry_given_up(*, actor: Actor, now: datetime) -> int:
    """Have everything that was given up tried now; return how many."""
    count = OutboxEvent.objects.filter(attempts__gt=0, failed=True).update(
        failed=False, next_at=now
    )
    if count:
        _record(count, actor, now, {})
    return count


def _record(count: int, actor: Actor, now: datetime, details: dict[str, str]) -> None:
    company = Tenant.objects.get(pk=current_tenant_id())
    record(
        "company.failures_retried",
        company,
        actor=actor,
        now=now,
        details={"count": count, **details},
    )
