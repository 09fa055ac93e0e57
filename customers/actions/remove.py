"""Taking customers out again whom an import made by mistake and nobody has dealt with."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, Min

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.audit.record import build_record
from crm.fields.actions import delete_values
from crm.fields.models import Kind
from crm.outbox.models import OutboxEvent
from crm.outbox.wake import wake_after_commit
from crm.tenancy.context import current_tenant_id
from customers import events
from customers.models import Customer

_OWN_ROWS = (
    "customers_search",
    "customers_contactpoint",
    "customers_customertag",
    "customers_customernote",
)


@transaction.atomic
def remove_customers(*, customer_ids: Sequence[int], actor: Actor, now: datetime) -> dict[int, str]:
    """Delete customers whom nobody changed since they were made and on whom nothing hangs.

    Returns those that stay with why: "changed", or "in_use" (they have an order, a note …). Who
    is gone already is passed over: repeating it changes nothing.
    """
    ids = list(
        Customer.objects.select_for_update()
        .filter(pk__in=customer_ids)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    # Labels, notes and contacts that came with them are told at the moment of their making.
    told = (
        AuditEntry.objects.filter(object_type="customer", object_id__in=ids)
        .values("object_id")
        .annotate(first=Min("at"), last=Max("at"))
    )
    kept = {row["object_id"]: "changed" for row in told if row["last"] > row["first"]}
    free = [pk for pk in ids if pk not in kept]
    gone: list[int] = []
    if delete_customers(free):
        gone = free
    else:
        for pk in free:
            if delete_customers([pk]):
                gone.append(pk)
            else:
                kept[pk] = "in_use"
    pairs = [build_record(events.REMOVED, Customer(pk=pk), actor=actor, now=now) for pk in gone]
    AuditEntry.objects.bulk_create([entry for entry, _event in pairs])
    OutboxEvent.objects.bulk_create([event for _entry, event in pairs])
    wake_after_commit(current_tenant_id())
    return kept


def delete_customers(ids: Sequence[int]) -> bool:
    """Delete customers with all that is theirs alone; False, and nothing done, where more is."""
    tenant_id = current_tenant_id()
    statements = [(table, "customer_id") for table in _OWN_ROWS]
    statements.append(("customers_customer", "id"))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            delete_values(Kind.CUSTOMER, ids)
            for table, column in statements:
                cursor.execute(
                    f"DELETE FROM {table} WHERE tenant_id = %s AND {column} = ANY(%s)",  # noqa: S608 - our own names
                    [tenant_id, list(ids)],
                )
    except IntegrityError:
        return False
    return True
