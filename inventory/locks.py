"""The one way to lock stock: all items of the variants, in id order.

Whoever changes a reservation of a variant holds these locks, so two of them never wait for
each other in a circle.
"""

from collections.abc import Collection
from dataclasses import dataclass

from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_all

_LOCK = """
SELECT s.id, s.variant_id, s.warehouse_id, s.on_hand, s.reserved, w.priority, w.is_active, s.cell
FROM inventory_stockitem s
JOIN inventory_warehouse w ON w.tenant_id = s.tenant_id AND w.id = s.warehouse_id
WHERE s.tenant_id = %s AND s.variant_id = ANY(%s::bigint[])
ORDER BY s.id
FOR NO KEY UPDATE OF s
"""


@dataclass(slots=True)
class LockedItem:
    """A stock item as it stands under our lock; `reserved` and `on_hand` follow our changes."""

    id: int
    variant_id: int
    warehouse_id: int
    on_hand: int
    reserved: int
    priority: int
    is_active: bool
    cell: str

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


def lock_stock(variant_ids: Collection[int]) -> dict[int, LockedItem]:
    """Lock every stock item of the variants and return them by id. One statement."""
    if not variant_ids:
        return {}
    rows = fetch_all(_LOCK, [current_tenant_id(), sorted(set(variant_ids))])
    return {row[0]: LockedItem(*row) for row in rows}
