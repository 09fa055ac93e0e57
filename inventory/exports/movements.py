"""The ledger of stock: what came, went and was held, of the goods that the table finds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from crm.accounts.permissions import Permission
from crm.exports.days import in_days
from crm.exports.registry import Asker, Column, Selection
from inventory.models import DocumentKind, MovementKind, StockItem, StockMovement
from inventory.ports import visible_numbers
from inventory.selectors.stock import list_stock
from inventory.web.stock import asked_stock


@dataclass(slots=True)
class MovementExport:
    """A movement; `number` of its order, where the reader may know of it."""

    move: StockMovement
    number: int | None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> str:
        paper = self.move.document
        return f"{DocumentKind(paper.kind).label} №{paper.number}" if paper else ""


def find_movements(selection: Selection, _asker: Asker) -> QuerySet[StockMovement]:
    """The movements of what the table of stock finds, in the days asked for."""
    wanted = asked_stock(QueryDict(selection.get("query") or ""))
    rows = StockMovement.objects.all()
    if wanted.query or wanted.state or wanted.warehouse_id:
        items = StockItem.objects.all()
        if wanted.query or wanted.state:
            items = items.filter(variant_id__in=list_stock(wanted).order_by().values("pk"))
        if wanted.warehouse_id:
            items = items.filter(warehouse_id=wanted.warehouse_id)
        rows = rows.filter(stock_item_id__in=items.values("pk"))
    return in_days(rows, "at", selection)


def read_movements(_selection: Selection, ids: Sequence[int], asker: Asker) -> list[MovementExport]:
    """Return the movements in the order of the ids. Two queries at most."""
    moves = StockMovement.objects.select_related(
        "document", "demand", "stock_item__variant__product", "stock_item__warehouse"
    ).in_bulk(list(ids))
    found = [moves[pk] for pk in ids if pk in moves]
    named = visible_numbers(asker.member, (m.demand.number for m in found if m.demand))
    numbers = [m.demand.number if m.demand else None for m in found]
    return [
        MovementExport(move, number if number in named else None)
        for move, number in zip(found, numbers, strict=True)
    ]


COLUMNS = (
    Column("at", _("Date"), lambda r: r.move.at),
    Column("kind", _("Movement"), lambda r: str(MovementKind(r.move.kind).label)),
    Column("sku", _("SKU"), lambda r: r.move.stock_item.variant.sku),
    Column("product", _("Product"), lambda r: r.move.stock_item.variant.title),
    Column("warehouse", _("Warehouse"), lambda r: r.move.stock_item.warehouse.name),
    Column("on_hand", _("On hand, change"), lambda r: r.move.on_hand_delta),
    Column("reserved", _("Held, change"), lambda r: r.move.reserved_delta),
    Column("unit_cost", _("Cost"), lambda r: r.move.unit_cost, Permission.COSTS_VIEW),
    Column("document", _("Document"), lambda r: r.document),
    Column("order", _("Order"), lambda r: "" if r.number is None else str(r.number)),
    Column("who", _("Who"), lambda r: r.move.actor_label),
    Column("comment", _("Comment"), lambda r: r.move.document.comment if r.move.document else ""),
)
