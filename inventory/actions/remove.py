"""Taking products out again that somebody brought in by mistake and nobody has used."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.audit.record import build_record
from crm.fields.actions import delete_values
from crm.fields.models import Kind
from crm.outbox.models import OutboxEvent
from crm.outbox.wake import wake_after_commit
from crm.tenancy.context import current_tenant_id
from inventory import events
from inventory.models import Product, Variant

_MADE = (events.PRODUCT_CREATED, events.VARIANT_CREATED)
_OWN_ROWS = ("inventory_search", "inventory_barcode", "inventory_stockitem")


@transaction.atomic
def remove_products(*, product_ids: Sequence[int], actor: Actor, now: datetime) -> dict[int, str]:
    """Delete products that nobody changed since they were made and that nothing names.

    Returns those that stay with why: "changed", or "in_use" (sold, ordered or in stock once).
    What is gone already is passed over: repeating it changes nothing.
    """
    variants: dict[int, list[int]] = {
        pk: []
        for pk in Product.objects.select_for_update()
        .filter(pk__in=product_ids)
        .order_by("pk")
        .values_list("pk", flat=True)
    }
    for pk, product_id in Variant.objects.filter(product_id__in=variants).values_list(
        "pk", "product_id"
    ):
        variants[product_id].append(pk)
    kept = dict.fromkeys(touched_products(variants), "changed")
    gone: list[int] = []
    free = {pk: own for pk, own in variants.items() if pk not in kept}
    if delete_goods(free):
        gone = list(free)
    else:
        for pk, own in free.items():
            if delete_goods({pk: own}):
                gone.append(pk)
            else:
                kept[pk] = "in_use"
    pairs = [
        build_record(events.PRODUCT_REMOVED, Product(pk=pk), actor=actor, now=now) for pk in gone
    ]
    AuditEntry.objects.bulk_create([entry for entry, _event in pairs])
    OutboxEvent.objects.bulk_create([event for _entry, event in pairs])
    wake_after_commit(current_tenant_id())
    return kept


def touched_products(variants: dict[int, list[int]]) -> set[int]:
    """The products of whose history more is told than their making."""
    owners = {pk: product_id for product_id, own in variants.items() for pk in own}
    later = AuditEntry.objects.exclude(action__in=_MADE)
    products = later.filter(object_type="product", object_id__in=list(variants))
    parts = later.filter(object_type="variant", object_id__in=list(owners))
    return set(products.values_list("object_id", flat=True)) | {
        owners[pk] for pk in parts.values_list("object_id", flat=True)
    }


def delete_goods(variants: dict[int, list[int]]) -> bool:
    """Delete products with all that is theirs alone; False, and nothing done, where more is."""
    tenant_id = current_tenant_id()
    own = [pk for ids in variants.values() for pk in ids]
    statements = [(table, "variant_id", own) for table in _OWN_ROWS]
    statements += [("inventory_variant", "id", own), ("inventory_product", "id", list(variants))]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            delete_values(Kind.PRODUCT, list(variants))
            for table, column, ids in statements:
                cursor.execute(
                    f"DELETE FROM {table} WHERE tenant_id = %s AND {column} = ANY(%s)",  # noqa: S608 - our own names
                    [tenant_id, ids],
                )
    except IntegrityError:
        return False
    return True
