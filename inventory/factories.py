"""Goods and stock for tests and demo data, made by the same actions that people use."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils import timezone

from crm.audit.actor import Actor
from inventory.actions.catalogue import NewVariant, create_product
from inventory.actions.setup import set_up_inventory
from inventory.actions.stock import ReceiptLine, receive_goods
from inventory.models import Demand, StockItem, Variant, Warehouse

_serial = count(1)
MAKER = Actor.system("factory")


def make_variant(
    sku: str = "",
    *,
    product: str = "",
    on_hand: int = 0,
    warehouse: Warehouse | None = None,
    now: datetime | None = None,
    **fields: Any,
) -> Variant:
    """A product with one variant, and that many units of it in the (first) warehouse."""
    number = next(_serial)
    now = now or timezone.now()
    set_up_inventory(now=now)
    made = create_product(
        name=product or f"Product {number}",
        variants=[
            NewVariant(
                sku=sku or f"SKU-{number}",
                price=fields.pop("price", Decimal("100.00")),
                barcodes=tuple(fields.pop("barcodes", ())),
                **{k: fields.pop(k) for k in ("cost", "name") if k in fields},
            )
        ],
        actor=MAKER,
        now=now,
        **fields,
    )
    variant = Variant.objects.select_related("product").get(product=made)
    if on_hand:
        stock_up([(variant, on_hand)], warehouse=warehouse, now=now)
    return variant


def stock_up(
    lines: Sequence[tuple[Variant, int]],
    *,
    warehouse: Warehouse | None = None,
    now: datetime | None = None,
) -> None:
    """Receive units of the variants."""
    now = now or timezone.now()
    place = warehouse or set_up_inventory(now=now)
    receive_goods(
        warehouse_id=place.pk,
        lines=[ReceiptLine(variant.pk, quantity) for variant, quantity in lines],
        actor=MAKER,
        now=now,
    )


def make_demand(number: int, *, now: datetime | None = None) -> Demand:
    """Somebody who wants goods."""
    return Demand.objects.create(number=number, created_at=now or timezone.now())


def item_of(variant: Variant, warehouse: Warehouse | None = None) -> StockItem:
    """The stock item of a variant in the (first) warehouse, read anew."""
    items = StockItem.objects.filter(variant=variant).order_by("warehouse__priority", "id")
    if warehouse is not None:
        items = items.filter(warehouse=warehouse)
    item = items.first()
    assert item is not None
    return item
