"""Goods that come back from a customer."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from crm.audit.actor import Actor
from crm.tenancy.context import current_tenant_id
from inventory.actions.reserve import StockChange, announce_filled, fill_waiting
from inventory.locks import LockedItem, lock_stock
from inventory.models import MovementKind, Reservation, ReservationState


def take_back(
    *,
    demand_id: int,
    goods: Sequence[tuple[int, int, bool]],
    actor: Actor,
    now: datetime,
    earlier: Mapping[int, int] | None = None,
) -> StockChange:
    """Put returned units of a demand's lines where they had been taken from, or, where that
    warehouse is closed, into the first open one.

    `goods` holds (line, units, restock). Units unfit for sale come in and are written off, so
    that the ledger shows both. A line of free text has no stock and is passed over. The caller
    has checked the quantities against what was shipped; `earlier` says how many units of a line
    came back before.
    """
    back = defaultdict(int, earlier or {})
    shipped = list(
        Reservation.objects.filter(
            demand_id=demand_id,
            state=ReservationState.CONSUMED,
            line__in=[line for line, _units, _restock in goods],
        ).order_by("id")
    )
    items = lock_stock({row.variant_id for row in shipped})
    change = StockChange(current_tenant_id())
    for line, units, restock in goods:
        left, passed = units, back[line]
        back[line] += units
        for row in shipped:
            if row.line != line or not left:
                continue
            # A line that was filled from two warehouses goes back to both, to each as many
            # units as it gave.
            room = max(row.quantity - passed, 0)
            passed = max(passed - row.quantity, 0)
            part = min(left, room)
            if not part:
                continue
            left -= part
            item = _open_place(items, items[row.stock_item_id])
            change.move(
                item,
                kind=MovementKind.RETURN,
                on_hand=part,
                demand_id=demand_id,
                actor=actor,
                now=now,
            )
            if not restock:
                change.move(
                    item,
                    kind=MovementKind.WRITE_OFF,
                    on_hand=-part,
                    demand_id=demand_id,
                    actor=actor,
                    now=now,
                )
    restocked = {row.variant_id for row in shipped}
    gained = fill_waiting(change, items, restocked, actor=actor, now=now)
    change.apply()
    announce_filled(gained, actor=actor, now=now)
    return change


def _open_place(items: Mapping[int, LockedItem], taken_from: LockedItem) -> LockedItem:
    """Where goods are brought back to: nobody could sell them from a closed warehouse."""
    if taken_from.is_active:
        return taken_from
    same = [x for x in items.values() if x.variant_id == taken_from.variant_id and x.is_active]
    return min(same, key=lambda item: (item.priority, item.id), default=taken_from)
