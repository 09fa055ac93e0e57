"""A demand changes its mind: more, less, other goods."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from crm.audit.actor import Actor
from crm.tenancy.context import current_tenant_id
from inventory.actions.reserve import (
    LIVE,
    StockChange,
    Want,
    announce_filled,
    fill_waiting,
    reserve_lines,
)
from inventory.locks import LockedItem, lock_stock
from inventory.models import MovementKind, Reservation, ReservationState


def set_wants(
    *,
    demand_id: int,
    wants: Sequence[Want],
    actor: Actor,
    now: datetime,
    first_warehouse_id: int | None = None,
) -> None:
    """Make the demand's live reservations those of `wants`: every line it has, in full.

    What a line keeps stays held, so nobody who waits can take it meanwhile. What it no longer
    wants is freed (first what was only awaited): the demand's other lines take of it what they
    need, the rest goes to those who wait for it.
    """
    rows = Reservation.objects.filter(demand_id=demand_id, state__in=LIVE)
    variants = set(rows.values_list("variant_id", flat=True))
    items = lock_stock(variants | {want.variant_id for want in wants})
    live: dict[tuple[int, int], list[Reservation]] = defaultdict(list)
    for row in rows.order_by("id"):
        live[row.line, row.variant_id].append(row)
    more: list[Want] = []
    for want in wants:
        present = sum(row.quantity for row in live[want.line, want.variant_id])
        if want.quantity > present:
            more.append(Want(want.line, want.variant_id, want.quantity - present))
    change = StockChange(current_tenant_id())
    wanted = {(want.line, want.variant_id): want.quantity for want in wants}
    freed: set[int] = set()
    for key, group in live.items():
        surplus = sum(row.quantity for row in group) - wanted.get(key, 0)
        # Waiting rows go first: it hurts nobody.
        for row in sorted(group, key=lambda r: (r.state != ReservationState.WAITING, -r.id)):
            if surplus <= 0:
                break
            surplus -= _give_up(row, min(surplus, row.quantity), items, change, actor, now)
            freed.add(row.variant_id)
    change.apply()
    if more:
        reserve_lines(
            demand_id=demand_id,
            wants=more,
            actor=actor,
            now=now,
            first_warehouse_id=first_warehouse_id,
        )
    rest = StockChange(current_tenant_id())
    left = lock_stock(freed)  # as it stands now; the locks are ours already
    gained = fill_waiting(rest, left, freed, actor=actor, now=now)
    rest.apply()
    announce_filled(gained, actor=actor, now=now)


def _give_up(
    row: Reservation,
    units: int,
    items: dict[int, LockedItem],
    change: StockChange,
    actor: Actor,
    now: datetime,
) -> int:
    if row.state == ReservationState.HELD and row.stock_item_id is not None:
        change.move(
            items[row.stock_item_id],
            kind=MovementKind.RELEASE,
            reserved=-units,
            demand_id=row.demand_id,
            actor=actor,
            now=now,
        )
    if units == row.quantity:
        row.state = ReservationState.RELEASED
        row.save(update_fields=["state"])
    else:
        row.quantity -= units
        row.save(update_fields=["quantity"])
    return units
