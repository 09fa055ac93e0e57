"""Many products at once: what an import makes on the way. The same rows as `create_product`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.audit.record import build_record
from crm.outbox.models import OutboxEvent
from crm.outbox.wake import wake_after_commit
from crm.tenancy.context import current_tenant_id
from inventory import events
from inventory.actions.catalogue import NewVariant, insert_variants
from inventory.models import Product


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product with its only variant."""

    name: str
    variant: NewVariant


@transaction.atomic
def create_products(
    *, products: Sequence[NewProduct], actor: Actor, now: datetime
) -> list[Product]:
    """Make products of one variant each, in a dozen statements however many they are.

    Raises CatalogueError as `create_product` does; then none is made.
    """
    if not products:
        return []
    made = Product.objects.bulk_create([Product(name=new.name.strip()) for new in products])
    pairs = [build_record(events.PRODUCT_CREATED, row, actor=actor, now=now) for row in made]
    AuditEntry.objects.bulk_create([entry for entry, _event in pairs])
    OutboxEvent.objects.bulk_create([event for _entry, event in pairs])
    wake_after_commit(current_tenant_id())
    insert_variants(made, [new.variant for new in products], actor=actor, now=now)
    return made
