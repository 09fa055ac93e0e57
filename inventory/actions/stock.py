"""Papers of the warehouse: goods received, corrected, written off, and the undoing of a paper.

Each locks all items of its variants, decides, then writes the paper, the items and the ledger
in one transaction. Repeated with the same token it returns the first paper and changes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django.db import transaction
from django.db.models import Sum

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import take_numbers
from crm.tenancy.sql import fetch_one
from inventory import events
from inventory.actions.costs import average_costs, put_costs_back
from inventory.actions.reserve import StockChange, announce_filled, fill_waiting
from inventory.actions.warehouses import open_items
from inventory.locks import LockedItem, lock_stock
from inventory.models import (
    DocumentKind,
    MovementKind,
    StockDocument,
    StockItem,
    Variant,
)
from inventory.selectors.proof import list_holders

# Shared by papers, and waited for by who closes the warehouse: goods on their way are seen there.
_PLACE = "SELECT is_active FROM inventory_warehouse WHERE tenant_id = %s AND id = %s FOR SHARE"
MAX_QUANTITY = 1_000_000
MAX_LINES = 500


class StockError(Exception):
    """Stock can't be changed so.

    `code`: "no_lines", "too_many_lines", "unknown_variant", "unknown_warehouse",
    "warehouse_closed", "quantity_out_of_range", "cost_out_of_range", "below_reserved",
    "stock_moved", "token_reused", "not_found". `facts` say where and why:
    "row", "variant_id", "on_hand", "reserved", "holders".
    """

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(f"{code} {facts}" if facts else code)


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """Units of a variant that came in, and what one of them cost."""

    variant_id: int
    quantity: int
    unit_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TakenLine:
    """Units of a variant that are gone."""

    variant_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class CountedLine:
    """What a shelf really holds (`counted`), or by how much the books are wrong (`delta`).

    `seen` is the on-hand figure that the counter had before the eyes: if the books have moved
    since, the count means something else and is refused with "stock_moved".
    """

    variant_id: int
    counted: int | None = None
    delta: int | None = None
    seen: int | None = None


@transaction.atomic
def receive_goods(
    *,
    warehouse_id: int,
    lines: Sequence[ReceiptLine],
    comment: str = "",
    token: str = "",
    actor: Actor,
    now: datetime,
) -> StockDocument:
    """Take goods in, then hold them for those who wait, oldest first."""
    _check_lines(lines)
    for row, line in enumerate(lines):
        _check_quantity(line.quantity, row)
        if line.unit_cost is not None and not 0 <= line.unit_cost < Decimal(10) ** 12:
            raise StockError("cost_out_of_range", row=row)
    paper = _Paper(DocumentKind.RECEIPT, warehouse_id, token, [x.variant_id for x in lines])
    if paper.done:
        return paper.repeated([(x.variant_id, x.quantity) for x in lines])
    totals = paper.totals()
    for line in lines:
        paper.move(line.variant_id, line.quantity, unit_cost=line.unit_cost, actor=actor, now=now)
    costs = average_costs(lines, totals, actor=actor, now=now)
    return paper.write(
        comment=comment, topic=events.STOCK_RECEIVED, actor=actor, now=now, costs=costs
    )


@transaction.atomic
def write_off(
    *,
    warehouse_id: int,
    lines: Sequence[TakenLine],
    comment: str = "",
    token: str = "",
    actor: Actor,
    now: datetime,
) -> StockDocument:
    """Take broken or lost goods out of the books. What is held for somebody can't be taken."""
    _check_lines(lines)
    for row, line in enumerate(lines):
        _check_quantity(line.quantity, row)
    paper = _Paper(DocumentKind.WRITE_OFF, warehouse_id, token, [x.variant_id for x in lines])
    if paper.done:
        return paper.repeated([(x.variant_id, -x.quantity) for x in lines])
    for row, line in enumerate(lines):
        paper.check_free(line.variant_id, -line.quantity, row, actor=actor)
        paper.move(line.variant_id, -line.quantity, actor=actor, now=now)
    return paper.write(comment=comment, topic=events.STOCK_WRITTEN_OFF, actor=actor, now=now)


@transaction.atomic
def correct_stock(
    *,
    warehouse_id: int,
    lines: Sequence[CountedLine],
    comment: str = "",
    token: str = "",
    actor: Actor,
    now: datetime,
) -> StockDocument | None:
    """Bring the books to what was counted. Returns None where nothing differed."""
    _check_lines(lines)
    paper = _Paper(DocumentKind.CORRECTION, warehouse_id, token, [x.variant_id for x in lines])
    if paper.done:
        return paper.repeated([(x.variant_id, x.delta) for x in lines])
    for row, line in enumerate(lines):
        if (line.counted is None) == (line.delta is None):
            raise StockError("quantity_out_of_range", row=row)
        item = paper.item(line.variant_id)
        if line.seen is not None and item.on_hand != line.seen:
            raise StockError(
                "stock_moved", row=row, variant_id=line.variant_id, on_hand=item.on_hand
            )
        delta = line.delta if line.delta is not None else (line.counted or 0) - item.on_hand
        if abs(delta) > MAX_QUANTITY or item.on_hand + delta > MAX_QUANTITY * 100:
            raise StockError("quantity_out_of_range", row=row)
        if delta:
            paper.check_free(line.variant_id, delta, row, actor=actor)
            paper.move(line.variant_id, delta, actor=actor, now=now)
    if not paper.change.movements:
        return None
    return paper.write(comment=comment, topic=events.STOCK_CORRECTED, actor=actor, now=now)


@transaction.atomic
def undo_document(
    *, document_id: int, comment: str = "", actor: Actor, now: datetime
) -> StockDocument | None:
    """Write a correction that takes a paper's units back, and the costs a receipt had moved.

    Repeating it returns the first correction. Refused ("below_reserved") where the units have
    gone to somebody in the meantime.
    """
    document = StockDocument.objects.filter(pk=document_id).first()
    if document is None:
        raise StockError("not_found")
    sums = (
        document.movements.exclude(on_hand_delta=0)
        .values_list("stock_item__variant_id")
        .annotate(units=Sum("on_hand_delta"))
        .order_by("stock_item__variant_id")
    )
    correction = correct_stock(
        warehouse_id=document.warehouse_id,
        lines=[CountedLine(variant_id, delta=-units) for variant_id, units in sums],
        comment=comment or f"\u21a9 {document.kind} №{document.number}",
        token=f"undo-{document.pk}",
        actor=actor,
        now=now,
    )
    put_costs_back(document, actor=actor, now=now)
    return correction


@transaction.atomic
def move_cell(*, stock_item_id: int, cell: str, actor: Actor, now: datetime) -> StockItem:
    """Name the cell in which the goods lie. Repeating it changes nothing."""
    item = StockItem.objects.select_for_update(no_key=True).filter(pk=stock_item_id).first()
    if item is None:
        raise StockError("unknown_variant")
    cell = " ".join(cell.split())[:30]
    if item.cell == cell:
        return item
    before, item.cell = item.cell, cell
    item.save(update_fields=["cell"])
    record(
        events.STOCK_CELL_MOVED,
        item,
        actor=actor,
        now=now,
        changes={"cell": [before, cell]},
        details={"variant": item.variant_id},
    )
    return item


class _Paper:
    """One document being made: the locks are held from here to the end of the transaction."""

    def __init__(
        self, kind: DocumentKind, warehouse_id: int, token: str, variant_ids: list[int]
    ) -> None:
        self.kind = kind
        self.token = token
        self.warehouse_id = warehouse_id
        self.variant_ids = sorted(set(variant_ids))
        self.done: StockDocument | None = None
        self._check_place()
        self._items: dict[int, LockedItem] = lock_stock(self.variant_ids)
        # Looked up under the locks: a repeat of a paper that is being written waits for them.
        if token:
            self.done = StockDocument.objects.filter(token=token).first()
            if self.done and (self.done.kind, self.done.warehouse_id) != (kind, warehouse_id):
                raise StockError("token_reused")
        self.change = StockChange(current_tenant_id())
        if self.done is None:
            self._complete_items()

    def repeated(self, units: Sequence[tuple[int, int | None]]) -> StockDocument:
        """The paper as it was written, if it moved these units; None: as many as were found."""
        done = cast("StockDocument", self.done)
        moved: Counter[int] = Counter()
        rows = done.movements.exclude(on_hand_delta=0)
        for variant_id, delta in rows.values_list("stock_item__variant_id", "on_hand_delta"):
            moved[variant_id] += delta
        wanted: Counter[int] = Counter()
        for variant_id, said in units:
            wanted[variant_id] += moved[variant_id] if said is None else said
        if wanted != moved:
            raise StockError("token_reused")
        return done

    def _check_place(self) -> None:
        place = fetch_one(_PLACE, [current_tenant_id(), self.warehouse_id])
        if place is None:
            raise StockError("unknown_warehouse")
        (is_active,) = place
        if not is_active:
            raise StockError("warehouse_closed")
        known = set(Variant.objects.filter(pk__in=self.variant_ids).values_list("pk", flat=True))
        missing = [pk for pk in self.variant_ids if pk not in known]
        if missing:
            raise StockError("unknown_variant", variant_id=missing[0])

    def _complete_items(self) -> None:
        """Make the items of this warehouse that do not exist yet, and lock them as well."""
        self._place = self._find_place()
        missing = [pk for pk in self.variant_ids if pk not in self._place]
        if missing:
            open_items(variant_ids=missing)
            self._items.update(lock_stock(missing))
            self._place = self._find_place()

    def _find_place(self) -> dict[int, LockedItem]:
        return {
            item.variant_id: item
            for item in self._items.values()
            if item.warehouse_id == self.warehouse_id
        }

    def item(self, variant_id: int) -> LockedItem:
        return self._place[variant_id]

    def totals(self) -> dict[int, int]:
        """Units on hand of each variant in all warehouses."""
        totals = dict.fromkeys(self.variant_ids, 0)
        for item in self._items.values():
            totals[item.variant_id] += item.on_hand
        return totals

    def check_free(self, variant_id: int, delta: int, row: int, *, actor: Actor) -> None:
        """Refuse to take away units that are held for somebody, or that are not there."""
        item = self.item(variant_id)
        if item.on_hand + delta < item.reserved:
            raise StockError(
                "below_reserved",
                row=row,
                variant_id=variant_id,
                on_hand=item.on_hand,
                reserved=item.reserved,
                holders=list_holders(stock_item_id=item.id, viewer=_member_of(actor)),
            )

    def move(
        self, variant_id: int, delta: int, *, actor: Actor, now: datetime, **extra: Any
    ) -> None:
        self.change.move(
            self.item(variant_id),
            kind=MovementKind(self.kind.value),
            on_hand=delta,
            actor=actor,
            now=now,
            **extra,
        )

    def write(
        self, *, comment: str, topic: str, actor: Actor, now: datetime, **details: Any
    ) -> StockDocument:
        came = [pk for pk in self.variant_ids if self.change.deltas[self.item(pk).id][0] > 0]
        gained = fill_waiting(self.change, self._items, came, actor=actor, now=now)
        document = StockDocument.objects.create(
            kind=self.kind,
            number=take_numbers(self.kind.value),
            warehouse_id=self.warehouse_id,
            comment=comment.strip()[:300],
            created_at=now,
            created_by_id=actor.member_id,
            token=self.token,
        )
        for movement in self.change.movements:
            movement.document_id = document.pk
        self.change.apply()
        record(
            topic,
            document,
            actor=actor,
            now=now,
            details={
                "document": document.number,
                "warehouse": self.warehouse_id,
                "variants": self.variant_ids,
                "demands": sorted(gained),
                **{name: value for name, value in details.items() if value},
            },
            reason=document.comment,
        )
        announce_filled(gained, actor=actor, now=now)
        return document


def _check_lines(lines: Sequence[Any]) -> None:
    if not lines:
        raise StockError("no_lines")
    if len(lines) > MAX_LINES:
        raise StockError("too_many_lines", limit=MAX_LINES)


def _check_quantity(quantity: int, row: int) -> None:
    if not 1 <= quantity <= MAX_QUANTITY:
        raise StockError("quantity_out_of_range", row=row)


def _member_of(actor: Actor) -> Membership | None:
    """The member who acts: refusals name the orders that they may know of. One query."""
    if actor.member_id is None:
        return None
    return Membership.objects.filter(pk=actor.member_id).first()
