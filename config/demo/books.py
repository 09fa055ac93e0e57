"""Rows of the demo's history, gathered and then written in bulk."""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from config.demo.company import ACTOR
from config.demo.people import Person
from config.demo.shape import demand_weights
from crm.accounts.models import Membership
from crm.audit.models import AuditEntry
from crm.tenancy.context import current_tenant_id
from customers.models import ContactPoint, Customer
from inventory.models import (
    Demand,
    Reservation,
    StockItem,
    StockMovement,
    Variant,
    Warehouse,
)
from orders.models import (
    CancelReason,
    Channel,
    Order,
    OrderLine,
    OrderTag,
    OrderTransition,
    Parcel,
    Payment,
    Status,
)

CHUNK = 2000


@dataclass
class History:
    """Rows gathered for a bulk write, and the shelves as they stand after them."""

    rnd: random.Random
    variants: list[Variant]
    members: list[Membership]
    people: list[Person] = field(default_factory=list)
    customer_ids: list[int] = field(default_factory=list)
    rows: dict[type, list] = field(default_factory=lambda: defaultdict(list))
    shelf: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.tenant_id = current_tenant_id()
        self.channels = {c.code: c for c in Channel.objects.all()}
        self.statuses = {s.stage: s for s in Status.objects.filter(is_default=True)}
        self.reasons = list(CancelReason.objects.order_by("position"))
        self.warehouses = list(Warehouse.objects.order_by("priority"))
        self.items = {(i.variant_id, i.warehouse_id): i for i in StockItem.objects.order_by("id")}
        order = self.variants[:]
        self.rnd.shuffle(order)
        self.wanted = order
        self.weights = demand_weights(len(order))

    def add(self, row) -> None:
        self.rows[type(row)].append(row)


def write_movement(history: History, place, kind: str, at: datetime, **fields) -> None:
    deltas = {
        "on_hand_delta": fields.pop("on_hand", 0),
        "reserved_delta": fields.pop("reserved", 0),
    }
    history.add(
        StockMovement(
            tenant_id=history.tenant_id,
            stock_item_id=history.items[place].id,
            kind=kind,
            at=at,
            actor_kind=ACTOR.kind,
            actor_label=ACTOR.label,
            **deltas,
            **fields,
        )
    )


def flush(history: History) -> None:
    """Write everything, parents first; the ledger and the audit in the order of time."""
    for timed in (StockMovement, AuditEntry, OrderTransition):
        history.rows[timed].sort(key=lambda row: row.at)
    for model in (
        Customer,
        ContactPoint,
        Demand,
        Order,
        OrderLine,
        Reservation,
        StockMovement,
        OrderTransition,
        AuditEntry,
        Payment,
        Parcel,
        OrderTag,
    ):
        model.objects.bulk_create(history.rows[model], batch_size=CHUNK)
    for (variant_id, warehouse_id), units in history.shelf.items():
        history.items[variant_id, warehouse_id].on_hand = units
    StockItem.objects.bulk_update(history.items.values(), ["on_hand"], batch_size=500)
