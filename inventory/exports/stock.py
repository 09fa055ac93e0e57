"""Stock with a row for each variant in each warehouse: what the import of stock understands."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.accounts.permissions import Permission
from crm.exports.registry import Asker, Column, Selection
from inventory.exports.products import read_barcodes
from inventory.models import StockItem, Variant
from inventory.selectors.stock import list_stock
from inventory.web.stock import asked_stock


@dataclass(slots=True)
class StockExport:
    """A variant where it lies; `item` None: it lies nowhere."""

    variant: Variant
    item: StockItem | None
    barcodes: list[str]
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def on_hand(self) -> int:
        return self.item.on_hand if self.item else 0

    @property
    def reserved(self) -> int:
        return self.item.reserved if self.item else 0


def find_stock(selection: Selection, _asker: Asker) -> QuerySet[Variant]:
    """What the table of stock finds."""
    return list_stock(asked_stock(QueryDict(selection.get("query") or "")))


def read_stock(selection: Selection, ids: Sequence[int], _asker: Asker) -> list[StockExport]:
    """Return the shelves of the variants in the warehouse asked for, else in all. Three queries."""
    wanted = asked_stock(QueryDict(selection.get("query") or ""))
    variants = Variant.objects.select_related("product").in_bulk(list(ids))
    codes = read_barcodes(ids)
    items = StockItem.objects.filter(variant_id__in=ids).select_related("warehouse")
    if wanted.warehouse_id:
        items = items.filter(warehouse_id=wanted.warehouse_id)
    shelves: dict[int, list[StockItem | None]] = defaultdict(list)
    for item in items.order_by("warehouse__priority", "warehouse_id"):
        shelves[item.variant_id].append(item)
    return [
        StockExport(variants[pk], item, codes.get(pk, []))
        for pk in ids
        if pk in variants
        for item in shelves.get(pk) or [None]
    ]


COLUMNS = (
    Column("sku", _("SKU"), lambda r: r.variant.sku),
    Column("product", _("Product"), lambda r: r.variant.title),
    Column(
        "barcodes",
        pgettext_lazy("a column of an import", "Barcode"),
        lambda r: r.barcodes[0] if r.barcodes else "",
    ),
    Column("warehouse", _("Warehouse"), lambda r: r.item.warehouse.name if r.item else ""),
    Column("cell", _("Cell"), lambda r: r.item.cell if r.item else ""),
    Column("on_hand", _("On hand"), lambda r: r.on_hand),
    Column("reserved", _("Held"), lambda r: r.reserved),
    Column("available", _("Available"), lambda r: r.on_hand - r.reserved),
    Column("cost", _("Cost"), lambda r: r.variant.cost, Permission.COSTS_VIEW),
    Column("price", _("Price"), lambda r: r.variant.price),
    Column("currency", _("Currency"), lambda r: r.variant.currency),
)
