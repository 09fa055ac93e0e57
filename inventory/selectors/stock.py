"""The table of stock, the ledger of an item and the papers."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import (
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce

from inventory.models import (
    Reservation,
    ReservationState,
    StockDocument,
    StockItem,
    StockMovement,
    Variant,
    Warehouse,
)
from inventory.selectors.catalogue import (
    Units,
    match_variants,
    waiting_units,
    waiting_variants,
)

STOCK_STATES = ("in", "out", "held", "waiting")
ORDERS = {
    "": ("product__sort_key", "id"),
    "available": ("available", "id"),
    "-available": ("-available", "id"),
    "on_hand": ("on_hand", "id"),
    "-on_hand": ("-on_hand", "id"),
    "sku": ("sku", "id"),
    "-sku": ("-sku", "id"),
}


@dataclass(frozen=True, slots=True)
class StockFilter:
    """What the table of stock is asked for; without a warehouse all are added up."""

    query: str = ""
    warehouse_id: int | None = None
    state: str = ""
    sort: str = ""


@dataclass(slots=True)
class StockRow:
    """A variant as a line of the table; `places` stand in the order of the warehouses."""

    variant: Variant
    items: list[StockItem | None]
    here: Units
    waiting: int
    cell: str = ""

    @property
    def places(self) -> list[Units]:
        return [Units(i.on_hand, i.reserved) if i else Units() for i in self.items]

    @property
    def item(self) -> StockItem | None:
        """The item to open: the fullest one shown."""
        items = [item for item in self.items if item is not None]
        return max(items, key=lambda item: item.on_hand, default=None)


def list_stock(wanted: StockFilter) -> QuerySet[Variant]:
    """Return the variants that fit, with `product`; sums are there only if sorted by."""
    rows = Variant.objects.select_related("product")
    items = StockItem.objects.filter(variant=OuterRef("pk"))
    if wanted.warehouse_id:
        items = items.filter(warehouse_id=wanted.warehouse_id)
    if wanted.query.strip():
        rows = rows.filter(pk__in=match_variants(wanted.query).values("pk"))
    if wanted.state == "in":
        rows = rows.filter(Exists(items.filter(on_hand__gt=F("reserved"))))
    elif wanted.state == "out":
        rows = rows.exclude(Exists(items.filter(on_hand__gt=F("reserved"))))
    elif wanted.state == "held":
        rows = rows.filter(Exists(items.filter(reserved__gt=0)))
    elif wanted.state == "waiting":
        rows = rows.filter(pk__in=waiting_variants().values("pk"))
    if wanted.sort.lstrip("-") in {"available", "on_hand"}:
        by_variant = items.order_by().values("variant")
        sums = {"on_hand": Sum("on_hand"), "available": Sum("on_hand") - Sum("reserved")}
        name = wanted.sort.lstrip("-")
        total = by_variant.annotate(total=sums[name]).values("total")
        rows = rows.annotate(**{name: Coalesce(Subquery(total), 0, output_field=IntegerField())})
    return rows


def describe_stock(variants: Sequence[Variant], warehouses: Sequence[Warehouse]) -> list[StockRow]:
    """Load the items of the variants in these warehouses, and who waits. Two queries."""
    ids = [variant.pk for variant in variants]
    places = [warehouse.pk for warehouse in warehouses]
    items = {
        (item.variant_id, item.warehouse_id): item
        for item in StockItem.objects.filter(variant_id__in=ids, warehouse_id__in=places)
    }
    waiting = waiting_units(ids)
    rows = []
    for variant in variants:
        shown = [items.get((variant.pk, place)) for place in places]
        there = [item for item in shown if item is not None]
        rows.append(
            StockRow(
                variant=variant,
                items=shown,
                here=Units(sum(i.on_hand for i in there), sum(i.reserved for i in there)),
                waiting=waiting.get(variant.pk, 0),
                cell=there[0].cell if len(there) == 1 else "",
            )
        )
    return rows


def get_item(*, item_id: int) -> StockItem | None:
    """Return an item with its variant, product and warehouse. One query."""
    return (
        StockItem.objects.select_related("variant__product", "warehouse").filter(pk=item_id).first()
    )


def list_movements(*, stock_item_id: int) -> QuerySet[StockMovement]:
    """Return the ledger of an item with its papers and demands."""
    return StockMovement.objects.filter(stock_item_id=stock_item_id).select_related(
        "document", "demand"
    )


def add_balances(item: StockItem, movements: Sequence[StockMovement]) -> None:
    """Give each movement (newest first) the `balance` on hand after it. One query."""
    if not movements:
        return
    newer = StockMovement.objects.filter(stock_item_id=item.pk, id__gt=movements[0].pk).aggregate(
        units=Sum("on_hand_delta")
    )["units"]
    balance = item.on_hand - (newer or 0)
    for movement in movements:
        movement.balance = balance  # type: ignore[attr-defined]
        balance -= movement.on_hand_delta


def list_recent_movements(*, variant_ids: Sequence[int], limit: int = 12) -> list[StockMovement]:
    """Return the newest movements of some variants in all warehouses. Two queries."""
    items = list(StockItem.objects.filter(variant_id__in=variant_ids).values_list("pk", flat=True))
    return list(
        StockMovement.objects.filter(stock_item_id__in=items)
        .select_related("document", "demand", "stock_item__variant", "stock_item__warehouse")
        .order_by("-id")[:limit]
    )


def list_documents(*, kind: str = "", warehouse_id: int | None = None) -> QuerySet[StockDocument]:
    """Return the papers that fit."""
    rows = StockDocument.objects.select_related("warehouse", "created_by")
    if kind:
        rows = rows.filter(kind=kind)
    if warehouse_id:
        rows = rows.filter(warehouse_id=warehouse_id)
    return rows


def count_units(documents: Sequence[StockDocument]) -> dict[int, tuple[int, int]]:
    """Return (lines, units) of the papers by id. One query."""
    totals: dict[int, list[int]] = {document.pk: [0, 0] for document in documents}
    moves = StockMovement.objects.filter(document_id__in=totals).exclude(on_hand_delta=0)
    for document_id, delta in moves.values_list("document_id", "on_hand_delta"):
        totals[document_id][0] += 1
        totals[document_id][1] += delta
    return {pk: (lines, units) for pk, (lines, units) in totals.items()}


def count_waiting_variants() -> int:
    """Return how many variants somebody waits for. One query over a small partial index."""
    waiting = Reservation.objects.filter(state=ReservationState.WAITING)
    return waiting.values("variant_id").distinct().count()
