"""Many customers at once, of whom only a name is known: what an import makes on the way."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.audit.record import build_record
from crm.outbox.models import OutboxEvent
from crm.outbox.wake import wake_after_commit
from crm.tenancy.context import current_tenant_id
from customers import events
from customers.models import Customer
from customers.names import sort_key


@transaction.atomic
def create_named(*, names: Sequence[str], actor: Actor, now: datetime) -> list[Customer]:
    """Make a customer for each name, in three statements however many they are.

    Who can be reached is made by `resolve_customer`: a contact may be another's already.
    """
    clean = [" ".join(name.split())[:200] for name in names]
    made = Customer.objects.bulk_create(
        [
            Customer(name=name, sort_name=sort_key(name), created_at=now, updated_at=now)
            for name in clean
        ]
    )
    pairs = [build_record(events.CREATED, row, actor=actor, now=now) for row in made]
    AuditEntry.objects.bulk_create([entry for entry, _event in pairs])
    OutboxEvent.objects.bulk_create([event for _entry, event in pairs])
    wake_after_commit(current_tenant_id())
    return made
