"""Opening, renaming and closing warehouses."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from inventory import events
from inventory.models import StockItem, Warehouse

EDITABLE = ("name", "code", "priority", "is_active")

# Every variant has an item in every warehouse: then the locks of a variant's items are complete
# for everybody, also for one who began before the first goods came into the new place.
_OPEN_ITEMS = """
INSERT INTO inventory_stockitem (tenant_id, variant_id, warehouse_id, on_hand, reserved, cell)
SELECT v.tenant_id, v.id, w.id, 0, 0, ''
FROM inventory_variant v JOIN inventory_warehouse w ON w.tenant_id = v.tenant_id
WHERE v.tenant_id = %s AND (%s::bigint[] IS NULL OR v.id = ANY(%s::bigint[]))
  AND (%s::bigint IS NULL OR w.id = %s::bigint)
ON CONFLICT (tenant_id, variant_id, warehouse_id) DO NOTHING
"""


class WarehouseError(Exception):
    """A warehouse can't be changed so."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code)


def open_items(*, variant_ids: list[int] | None = None, warehouse_id: int | None = None) -> int:
    """Make the stock items that are missing for the variants (all) and warehouse (all)."""
    with connection.cursor() as cursor:
        cursor.execute(
            _OPEN_ITEMS,
            [current_tenant_id(), variant_ids, variant_ids, warehouse_id, warehouse_id],
        )
        return cursor.rowcount


@transaction.atomic
def create_warehouse(
    *, name: str, code: str, priority: int = 10, actor: Actor, now: datetime
) -> Warehouse:
    """Open a warehouse. Raises WarehouseError("code_taken")."""
    try:
        with transaction.atomic():
            warehouse = Warehouse.objects.create(name=name, code=code, priority=priority)
    except IntegrityError as error:
        raise WarehouseError("code_taken") from error
    open_items(warehouse_id=warehouse.pk)
    record(events.WAREHOUSE_CREATED, warehouse, actor=actor, now=now)
    return warehouse


@transaction.atomic
def edit_warehouse(
    *, warehouse_id: int, changes: dict[str, Any], actor: Actor, now: datetime
) -> Warehouse:
    """Change fields of a warehouse. A place that holds goods or is the last can't be closed."""
    # The rows are few and this is rare: locking all keeps one of them open.
    warehouses = {w.pk: w for w in Warehouse.objects.select_for_update(no_key=True).order_by("id")}
    warehouse = warehouses.get(warehouse_id)
    if warehouse is None:
        raise WarehouseError("not_found")
    before = {name: getattr(warehouse, name) for name in EDITABLE if name in changes}
    changed = {name: [old, changes[name]] for name, old in before.items() if old != changes[name]}
    if not changed:
        return warehouse
    if changed.get("is_active", [None, True])[1] is False:
        _check_closing(warehouse, list(warehouses.values()))
    for name, (_old, new) in changed.items():
        setattr(warehouse, name, new)
    try:
        with transaction.atomic():
            warehouse.save(update_fields=list(changed))
    except IntegrityError as error:
        raise WarehouseError("code_taken") from error
    record(events.WAREHOUSE_EDITED, warehouse, actor=actor, now=now, changes=changed)
    return warehouse


def _check_closing(warehouse: Warehouse, everything: list[Warehouse]) -> None:
    if not any(other.is_active for other in everything if other.pk != warehouse.pk):
        raise WarehouseError("last_warehouse")
    units = StockItem.objects.filter(warehouse=warehouse).aggregate(units=Sum("on_hand"))["units"]
    if units:
        raise WarehouseError("has_goods", units=units)
