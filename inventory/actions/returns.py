"""Goods that come back from a customer."""

from collections.abc import Sequence
from datetime import datetime

from crm.audit.actor import Actor
from crm.tenancy.context import current_tenant_id
from inventory.actions.reserve import StockChange, announce_filled, fill_waiting
from inventory.locks import lock_stock
from inventory.models import MovementKind, Reservation, ReservationState


def take_back(
    *, demand_id: int, goods: Sequence[tuple[int, int, bool]], actor: Actor, now: datetime
) -> StockChange:
    """Put returned units of a demand's lines where they had been taken from.

    `goods` holds (line, units, restock). Units unfit for sale come in and are written off, so
    that the ledger shows both. A line of free text has no stock and is passed over. The caller
    has checked the quantities against what was shipped.
    """
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
        left = units
        for row in shipped:
            if row.line != line or not left:
                continue
            # A line that was filled from two warehouses goes back to the first of them once
            # the others' parts are full.
            part = min(left, row.quantity)
            left -= part
            item = items[row.stock_item_id]
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
