"""What is counted and added up on both sides of a move."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection

# What, its columns, and the SQL: of what (a currency, a warehouse, …), then the columns.
_FIGURES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "orders",
        ("count", "total", "total_base", "paid", "refunded", "delivery_price", "discount"),
        "SELECT currency, count(*), sum(total), sum(total_base), sum(paid), sum(refunded),"
        " sum(delivery_price), sum(discount)"
        " FROM orders_order WHERE tenant_id = %(t)s GROUP BY 1",
    ),
    (
        "orders_by_stage",
        ("count", "total_base"),
        "SELECT stage::text, count(*), sum(total_base) FROM orders_order"
        " WHERE tenant_id = %(t)s GROUP BY stage",
    ),
    (
        "order_lines",
        ("count", "quantity", "returned", "total"),
        "SELECT '', count(*), coalesce(sum(quantity), 0), coalesce(sum(returned), 0),"
        " coalesce(sum(total), 0) FROM orders_orderline WHERE tenant_id = %(t)s",
    ),
    (
        "payments",
        ("count", "amount"),
        "SELECT o.currency || ' ' || p.kind, count(*), sum(p.amount) FROM orders_payment p"
        " JOIN orders_order o ON o.tenant_id = p.tenant_id AND o.id = p.order_id"
        " WHERE p.tenant_id = %(t)s GROUP BY 1",
    ),
    (
        "stock",
        ("count", "on_hand", "reserved"),
        "SELECT w.code, count(*), sum(s.on_hand), sum(s.reserved) FROM inventory_stockitem s"
        " JOIN inventory_warehouse w ON w.tenant_id = s.tenant_id AND w.id = s.warehouse_id"
        " WHERE s.tenant_id = %(t)s GROUP BY 1",
    ),
    (
        "movements",
        ("count", "on_hand", "reserved"),
        "SELECT w.code, count(*), sum(m.on_hand_delta), sum(m.reserved_delta)"
        " FROM inventory_stockmovement m"
        " JOIN inventory_stockitem s ON s.tenant_id = m.tenant_id AND s.id = m.stock_item_id"
        " JOIN inventory_warehouse w ON w.tenant_id = s.tenant_id AND w.id = s.warehouse_id"
        " WHERE m.tenant_id = %(t)s GROUP BY 1",
    ),
    (
        "reservations",
        ("count", "quantity"),
        "SELECT state, count(*), sum(quantity) FROM inventory_reservation"
        " WHERE tenant_id = %(t)s GROUP BY 1",
    ),
    (
        "customers",
        ("count", "contacts"),
        "SELECT '', (SELECT count(*) FROM customers_customer WHERE tenant_id = %(t)s),"
        " (SELECT count(*) FROM customers_contactpoint WHERE tenant_id = %(t)s)",
    ),
    (
        "goods",
        ("products", "variants"),
        "SELECT '', (SELECT count(*) FROM inventory_product WHERE tenant_id = %(t)s),"
        " (SELECT count(*) FROM inventory_variant WHERE tenant_id = %(t)s)",
    ),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of figures: what, of what, and the values as text, to the penny."""

    what: str
    of: str
    values: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"what": self.what, "of": self.of, "values": self.values}

    @classmethod
    def from_json(cls, kept: Any) -> "Figure":
        values = {str(name): str(value) for name, value in kept["values"].items()}
        return cls(str(kept["what"]), str(kept["of"]), values)


def add_up(tenant_id: int) -> list[Figure]:
    """Count and add up the company's rows. Needs its scope; a statement for each kind."""
    found = []
    with connection.cursor() as cursor:
        for what, columns, statement in _FIGURES:
            cursor.execute(statement, {"t": tenant_id})
            lines = [
                Figure(what, of, dict(zip(columns, map(str, values), strict=True)))
                for of, *values in cursor.fetchall()
            ]
            found += sorted(lines, key=lambda line: line.of)
    return found
