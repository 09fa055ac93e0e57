"""record(): the audit row and the outgoing event, in the transaction that caused them."""

from datetime import datetime
from typing import Any

from django.db import models

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.audit.request_id import request_id as request_id
from crm.outbox.models import OutboxEvent
from crm.outbox.wake import wake_after_commit
from crm.tenancy.batch import insert_together
from crm.tenancy.context import current_tenant_id


def record(
    action: str,
    obj: models.Model,
    *,
    actor: Actor,
    now: datetime,
    changes: dict[str, list[Any]] | None = None,
    details: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Write what happened to `obj` and announce it. Must run in the causing transaction.

    `action` is also the event's topic ("order.agreed"), for an object that says of itself
    `is_example` "example.order.agreed"; `changes` maps a field to
    [before, after]; `details` goes into both rows and must hold JSON values only.
    """
    entry, event = build_record(
        action,
        obj,
        actor=actor,
        now=now,
        changes=changes,
        details=details,
        reason=reason,
    )
    insert_together([[entry], [event]])
    wake_after_commit(current_tenant_id())


def build_record(
    action: str,
    obj: models.Model,
    *,
    actor: Actor,
    now: datetime,
    changes: dict[str, list[Any]] | None = None,
    details: dict[str, Any] | None = None,
    reason: str = "",
) -> tuple[AuditEntry, OutboxEvent]:
    """Return the two rows of record() unsaved, for actions that insert many rows at once.

    The caller inserts both and calls `wake_after_commit`.
    """
    tenant_id = current_tenant_id()
    object_type = obj._meta.model_name or ""
    entry = AuditEntry(
        tenant_id=tenant_id,
        at=now,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_label=actor.label[:120],
        action=action,
        object_type=object_type,
        object_id=obj.pk,
        changes=changes or {},
        details=details or {},
        reason=reason[:500],
        request_id=request_id.get(),
    )
    event = OutboxEvent(
        tenant_id=tenant_id,
        # What happens to an example is seen on open pages and told to nobody: subscribers and
        # other programs listen to "order.agreed", not to "example.order.agreed".
        topic=f"example.{action}" if getattr(obj, "is_example", False) else action,
        object_type=object_type,
        object_id=obj.pk,
        payload=details or {},
        request_id=request_id.get(),
        created_at=now,
        next_at=now,
    )
    return entry, event
