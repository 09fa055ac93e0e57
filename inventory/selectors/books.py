"""The books of a whole company, checked by one statement and so in one snapshot."""

from dataclasses import dataclass

from django.db import connection

from crm.tenancy.context import current_tenant_id

_CHECK = """
WITH moved AS MATERIALIZED (
    SELECT stock_item_id, demand_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved,
           -sum(on_hand_delta) FILTER (WHERE kind = 'shipment') AS shipped, count(*) AS rows
    FROM inventory_stockmovement WHERE tenant_id = %(t)s GROUP BY stock_item_id, demand_id
), booked AS MATERIALIZED (
    SELECT stock_item_id, demand_id,
           coalesce(sum(quantity) FILTER (WHERE state = 'held'), 0) AS held,
           coalesce(sum(quantity) FILTER (WHERE state = 'consumed'), 0) AS consumed
    FROM inventory_reservation
    WHERE tenant_id = %(t)s AND state IN ('held', 'consumed') GROUP BY stock_item_id, demand_id
), ledger AS (
    SELECT stock_item_id, sum(on_hand) AS on_hand, sum(reserved) AS reserved FROM moved GROUP BY 1
), live AS (
    SELECT stock_item_id, sum(held) AS held FROM booked GROUP BY 1
), items AS MATERIALIZED (
    SELECT s.id, s.variant_id, s.warehouse_id, s.on_hand, s.reserved,
           s.opening + coalesce(l.on_hand, 0) AS moved_on_hand,
           coalesce(l.reserved, 0) AS moved_reserved,
           coalesce(v.held, 0) AS held
    FROM inventory_stockitem s
    LEFT JOIN ledger l ON l.stock_item_id = s.id
    LEFT JOIN live v ON v.stock_item_id = s.id
    WHERE s.tenant_id = %(t)s
), faults AS (
    SELECT id AS item, 'on_hand_differs' AS code, on_hand AS has, moved_on_hand AS wants,
           NULL::bigint AS demand_id FROM items WHERE on_hand <> moved_on_hand
    UNION ALL
    SELECT id, 'reserved_differs', reserved, moved_reserved, NULL
    FROM items WHERE reserved <> moved_reserved
    UNION ALL
    SELECT id, 'held_differs', reserved, held, NULL FROM items WHERE reserved <> held
    UNION ALL
    SELECT id, 'out_of_bounds', reserved, on_hand, NULL
    FROM items WHERE reserved < 0 OR reserved > on_hand
    UNION ALL
    SELECT coalesce(m.stock_item_id, b.stock_item_id), 'demand_held_differs',
           coalesce(b.held, 0), coalesce(m.reserved, 0), coalesce(m.demand_id, b.demand_id)
    FROM (SELECT * FROM moved WHERE demand_id IS NOT NULL) m
    FULL JOIN booked b ON b.stock_item_id = m.stock_item_id AND b.demand_id = m.demand_id
    WHERE coalesce(b.held, 0) <> coalesce(m.reserved, 0)
    UNION ALL
    SELECT coalesce(m.stock_item_id, b.stock_item_id), 'demand_shipped_differs',
           coalesce(b.consumed, 0), coalesce(m.shipped, 0), coalesce(m.demand_id, b.demand_id)
    FROM (SELECT * FROM moved WHERE demand_id IS NOT NULL) m
    FULL JOIN booked b ON b.stock_item_id = m.stock_item_id AND b.demand_id = m.demand_id
    WHERE coalesce(b.consumed, 0) <> coalesce(m.shipped, 0)
    UNION ALL
    SELECT r.stock_item_id, 'other_variant', r.variant_id, i.variant_id, r.demand_id
    FROM inventory_reservation r JOIN items i ON i.id = r.stock_item_id
    WHERE r.tenant_id = %(t)s AND r.variant_id <> i.variant_id
)
SELECT 'sum', NULL, (SELECT count(*) FROM items), (SELECT coalesce(sum(rows), 0) FROM moved),
       (SELECT coalesce(sum(on_hand), 0) FROM items)::bigint, NULL, NULL,
       (SELECT coalesce(sum(reserved), 0) FROM items)::bigint
UNION ALL
(SELECT f.code, f.item, f.has, f.wants, d.number, v.sku, w.name, NULL
 FROM faults f
 LEFT JOIN items i ON i.id = f.item
 LEFT JOIN inventory_variant v ON v.tenant_id = %(t)s AND v.id = i.variant_id
 LEFT JOIN inventory_warehouse w ON w.tenant_id = %(t)s AND w.id = i.warehouse_id
 LEFT JOIN inventory_demand d ON d.tenant_id = %(t)s AND d.id = f.demand_id
 ORDER BY f.item, f.code, d.number)
"""

# Waiting for what lies free: no broken books (a hold may be on its way), but worth a look.
_IDLE = """
SELECT v.sku, sum(r.quantity)::bigint, f.free
FROM inventory_reservation r
JOIN inventory_variant v ON v.tenant_id = r.tenant_id AND v.id = r.variant_id
JOIN LATERAL (
    SELECT sum(s.on_hand - s.reserved)::bigint AS free
    FROM inventory_stockitem s
    JOIN inventory_warehouse w ON w.tenant_id = s.tenant_id AND w.id = s.warehouse_id
    WHERE s.tenant_id = %(t)s AND s.variant_id = r.variant_id AND w.is_active
) f ON f.free > 0
WHERE r.tenant_id = %(t)s AND r.state = 'waiting'
GROUP BY v.sku, f.free ORDER BY v.sku
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not agree: `has` stands there, `wants` is what it should be."""

    code: str
    item_id: int
    sku: str
    warehouse: str
    has: int
    wants: int
    demand_number: int | None


@dataclass(frozen=True, slots=True)
class Books:
    """What the check of a company found."""

    items: int
    movements: int
    on_hand: int
    reserved: int
    faults: list[Fault]
    # SKUs somebody waits for while units lie free: (sku, waiting, free).
    idle: list[tuple[str, int, int]]

    @property
    def balance(self) -> bool:
        return not self.faults


def check_books() -> Books:
    """Check every stock item of the tenant in scope. Two queries, each set-based."""
    params = {"t": current_tenant_id()}
    with connection.cursor() as cursor:
        cursor.execute(_CHECK, params)
        (_sum, _item, items, movements, on_hand, _sku, _place, reserved), *rows = cursor.fetchall()
        cursor.execute(_IDLE, params)
        idle = [(sku, waiting, free) for sku, waiting, free in cursor.fetchall()]
    faults = [
        Fault(code, item, sku or "?", place or "?", int(has), int(wants), number)
        for code, item, has, wants, number, sku, place, _reserved in rows
    ]
    return Books(int(items), int(movements), int(on_hand), int(reserved), faults, idle)
