"""Holding stock for a demand, giving it back, and letting it go out of the door.

Each function locks the stock first (inventory.locks), then decides, then writes the items,
the reservations and the ledger. None of them commits: the caller's transaction does.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_all
from inventory import events
from inventory.locks import LockedItem, lock_stock
from inventory.models import (
    Demand,
    MovementKind,
    Reservation,
    ReservationState,
    StockMovement,
)

LIVE = (ReservationState.HELD, ReservationState.WAITING)

_CHANGE_ITEMS = """
UPDATE inventory_stockitem s
SET on_hand = s.on_hand + d.on_hand, reserved = s.reserved + d.reserved
FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS d(id, on_hand, reserved)
WHERE s.tenant_id = %s AND s.id = d.id
RETURNING s.id
"""


class OutOfStock(Exception):
    """Some lines can't be held in full and the caller wanted all or nothing."""

    code = "out_of_stock"

    def __init__(self, short: dict[int, int]) -> None:
        self.short = short  # line -> units missing
        super().__init__(f"short: {short}")


@dataclass(frozen=True, slots=True)
class Want:
    """So many units of a variant for one line of the demand."""

    line: int
    variant_id: int
    quantity: int


@dataclass(slots=True)
class StockChange:
    """What a decision under the locks will write; `apply` or the caller writes it."""

    tenant_id: int
    reservations: list[Reservation] = field(default_factory=list)
    movements: list[StockMovement] = field(default_factory=list)
    deltas: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    short: dict[int, int] = field(default_factory=dict)

    def move(
        self,
        item: LockedItem,
        *,
        kind: str,
        actor: Actor,
        now: datetime,
        on_hand: int = 0,
        reserved: int = 0,
        **extra: Any,
    ) -> None:
        """Note one movement of an item and the change of its sums."""
        item.on_hand += on_hand
        item.reserved += reserved
        delta = self.deltas[item.id]
        delta[0] += on_hand
        delta[1] += reserved
        self.movements.append(
            StockMovement(
                tenant_id=self.tenant_id,
                stock_item_id=item.id,
                kind=kind,
                on_hand_delta=on_hand,
                reserved_delta=reserved,
                at=now,
                actor_kind=actor.kind.value,
                actor_id=actor.id,
                actor_label=actor.label[:120],
                **extra,
            )
        )

    def item_update(self) -> tuple[str, list[Any]]:
        """The statement that changes the items, and its parameters."""
        ids = sorted(self.deltas)
        return _CHANGE_ITEMS, [
            ids,
            [self.deltas[i][0] for i in ids],
            [self.deltas[i][1] for i in ids],
            self.tenant_id,
        ]

    def apply(self) -> None:
        """Write the items, the new reservations and the ledger."""
        if self.deltas:
            fetch_all(*self.item_update())
        if self.reservations:
            Reservation.objects.bulk_create(self.reservations)
        if self.movements:
            StockMovement.objects.bulk_create(self.movements)


def plan_reservations(
    *,
    demand_id: int,
    wants: Sequence[Want],
    actor: Actor,
    now: datetime,
    first_warehouse_id: int | None = None,
    all_or_nothing: bool = False,
) -> StockChange:
    """Lock the stock and decide what each line gets; nothing is written yet.

    A line is filled from the first warehouse, then by priority; the rest waits. With
    `all_or_nothing` OutOfStock is raised instead, with every short line in it.
    """
    items = lock_stock({want.variant_id for want in wants})
    by_variant: dict[int, list[LockedItem]] = defaultdict(list)
    for item in items.values():
        if item.is_active:
            by_variant[item.variant_id].append(item)
    for places in by_variant.values():
        places.sort(key=lambda i: (i.warehouse_id != first_warehouse_id, i.priority, i.id))
    change = StockChange(current_tenant_id())
    for want in wants:
        left = want.quantity
        for item in by_variant.get(want.variant_id, ()):
            taken = min(left, item.available)
            if taken <= 0:
                continue
            change.reservations.append(
                _reservation(demand_id, want, taken, ReservationState.HELD, now, item.id)
            )
            change.move(
                item,
                kind=MovementKind.RESERVE,
                reserved=taken,
                demand_id=demand_id,
                actor=actor,
                now=now,
            )
            left -= taken
            if not left:
                break
        if left:
            change.short[want.line] = left
            change.reservations.append(
                _reservation(demand_id, want, left, ReservationState.WAITING, now, None)
            )
    if all_or_nothing and change.short:
        raise OutOfStock(change.short)
    return change


def _reservation(
    demand_id: int, want: Want, quantity: int, state: str, now: datetime, item_id: int | None
) -> Reservation:
    return Reservation(
        tenant_id=current_tenant_id(),
        demand_id=demand_id,
        line=want.line,
        variant_id=want.variant_id,
        stock_item_id=item_id,
        quantity=quantity,
        state=state,
        created_at=now,
    )


def reserve_lines(
    *,
    demand_id: int,
    wants: Sequence[Want],
    actor: Actor,
    now: datetime,
    first_warehouse_id: int | None = None,
    all_or_nothing: bool = False,
) -> StockChange:
    """Hold stock for the lines; what is short waits, or OutOfStock is raised."""
    change = plan_reservations(
        demand_id=demand_id,
        wants=wants,
        actor=actor,
        now=now,
        first_warehouse_id=first_warehouse_id,
        all_or_nothing=all_or_nothing,
    )
    change.apply()
    return change


def release_demand(
    *, demand_id: int, actor: Actor, now: datetime, lines: Collection[int] | None = None
) -> StockChange:
    """Give back what is held for a demand (or for some of its lines). Repeating changes nothing.

    Freed units go at once to those who wait for them, oldest first.
    """
    items, live = _lock_live(demand_id, lines)
    change = StockChange(current_tenant_id())
    freed: set[int] = set()
    for row in live:
        if row.state == ReservationState.HELD:
            change.move(
                _item_of(items, row),
                kind=MovementKind.RELEASE,
                reserved=-row.quantity,
                demand_id=demand_id,
                actor=actor,
                now=now,
            )
            freed.add(row.variant_id)
    if live:
        Reservation.objects.filter(id__in=[row.id for row in live]).update(
            state=ReservationState.RELEASED
        )
    gained = fill_waiting(change, items, freed, actor=actor, now=now, not_for=demand_id)
    change.apply()
    announce_filled(gained, actor=actor, now=now)
    return change


def consume_demand(*, demand_id: int, actor: Actor, now: datetime) -> StockChange:
    """Ship: what is held leaves the shelf, its reservation is used up."""
    items, live = _lock_live(demand_id, None)
    waiting = {r.line: r.quantity for r in live if r.state == ReservationState.WAITING}
    if waiting:
        raise OutOfStock(waiting)
    change = StockChange(current_tenant_id())
    for row in live:
        change.move(
            _item_of(items, row),
            kind=MovementKind.SHIPMENT,
            on_hand=-row.quantity,
            reserved=-row.quantity,
            demand_id=demand_id,
            actor=actor,
            now=now,
        )
    if live:
        Reservation.objects.filter(id__in=[row.id for row in live]).update(
            state=ReservationState.CONSUMED
        )
    change.apply()
    return change


def fill_waiting(
    change: StockChange,
    items: dict[int, LockedItem],
    variant_ids: Collection[int],
    *,
    actor: Actor,
    now: datetime,
    not_for: int | None = None,
) -> set[int]:
    """Hold free stock for those who wait for it, oldest first; return the demands that gained.

    `items` are the locked items of (at least) the variants. Fills `change`, does not apply it.
    """
    if not variant_ids:
        return set()
    free: dict[int, list[LockedItem]] = defaultdict(list)
    for item in items.values():
        if item.variant_id in variant_ids and item.is_active and item.available > 0:
            free[item.variant_id].append(item)
    if not free:
        return set()
    waiting = (
        Reservation.objects.filter(variant_id__in=sorted(free), state=ReservationState.WAITING)
        .exclude(demand_id=not_for)
        .order_by("id")
        .select_for_update(no_key=True)
    )
    gained: set[int] = set()
    for row in waiting.iterator(chunk_size=200):
        places = free[row.variant_id]
        for item in sorted(places, key=lambda i: (i.priority, i.id)):
            taken = min(row.quantity, item.available)
            if taken <= 0:
                continue
            _hold_waiting(row, item, taken)
            change.move(
                item,
                kind=MovementKind.RESERVE,
                reserved=taken,
                demand_id=row.demand_id,
                actor=actor,
                now=now,
            )
            gained.add(row.demand_id)
            if row.state == ReservationState.HELD:
                break
        if not any(item.available > 0 for group in free.values() for item in group):
            break
    return gained


def announce_filled(demand_ids: Collection[int], *, actor: Actor, now: datetime) -> None:
    """Tell the owners of the demands that some of what they waited for is held now."""
    for demand_id in sorted(demand_ids):
        record(events.DEMAND_FILLED, Demand(id=demand_id), actor=actor, now=now)


def _hold_waiting(row: Reservation, item: LockedItem, taken: int) -> None:
    """Turn `taken` units of a waiting row into held ones; a part leaves the rest waiting."""
    if taken == row.quantity:
        row.state = ReservationState.HELD
        row.stock_item_id = item.id
        row.save(update_fields=["state", "stock_item_id"])
        return
    Reservation.objects.create(
        demand_id=row.demand_id,
        line=row.line,
        variant_id=row.variant_id,
        stock_item_id=item.id,
        quantity=taken,
        state=ReservationState.HELD,
        created_at=row.created_at,
    )
    row.quantity -= taken
    row.save(update_fields=["quantity"])


def _item_of(items: dict[int, LockedItem], row: Reservation) -> LockedItem:
    """Return the stock that holds a reservation: one that is held always names it."""
    assert row.stock_item_id is not None
    return items[row.stock_item_id]


def _lock_live(
    demand_id: int, lines: Collection[int] | None
) -> tuple[dict[int, LockedItem], list[Reservation]]:
    """Lock the stock of a demand's variants, then read its live reservations."""
    rows = Reservation.objects.filter(demand_id=demand_id, state__in=LIVE)
    if lines is not None:
        rows = rows.filter(line__in=lines)
    items = lock_stock(set(rows.values_list("variant_id", flat=True)))
    return items, list(rows.order_by("id"))
