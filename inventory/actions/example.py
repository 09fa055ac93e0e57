"""Goods of the example that a new company may fill itself with, and take away again.

They are told of to nobody, neither in the audit nor by events: the one who fills and removes the
whole is. What lies on their shelves is their opening, so that no row of the ledger, which only
grows, keeps them from going.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from inventory.actions.remove import delete_goods, touched_products
from inventory.actions.search import index_variants
from inventory.actions.warehouses import open_items
from inventory.models import Product, StockItem, Variant, Warehouse

_ENDS = tuple(f"-{number}" for number in range(2, 100))


@dataclass(frozen=True, slots=True)
class ExampleVariant:
    sku: str
    price: Decimal
    cost: Decimal
    stock: int
    name: str = ""
    cell: str = ""


@dataclass(frozen=True, slots=True)
class ExampleProduct:
    name: str
    brand: str
    description: str
    variants: tuple[ExampleVariant, ...]


@transaction.atomic
def make_example_goods(
    *, products: Sequence[ExampleProduct], category: str, currency: str
) -> dict[str, Variant]:
    """Make the products and put their stock into the company's first warehouse.

    Returns the variants by the SKUs asked for; one that is taken gets a number behind it.
    """
    made = Product.objects.bulk_create(
        [
            Product(name=new.name, brand=new.brand, description=new.description, category=category)
            for new in products
        ]
    )
    pairs = [
        (new, product)
        for product, each in zip(made, products, strict=True)
        for new in each.variants
    ]
    free = _free_skus([new.sku for new, _product in pairs])
    variants = Variant.objects.bulk_create(
        [
            Variant(
                product=product,
                sku=free[new.sku],
                name=new.name,
                price=new.price,
                currency=currency,
                cost=new.cost,
            )
            for new, product in pairs
        ]
    )
    ids = [variant.pk for variant in variants]
    open_items(variant_ids=ids)
    index_variants(variant_ids=ids)
    first = Warehouse.objects.filter(is_active=True).order_by("priority", "pk").first()
    wanted = {variant.pk: new for variant, (new, _p) in zip(variants, pairs, strict=True)}
    items = list(StockItem.objects.filter(variant_id__in=ids, warehouse=first))
    for item in items:
        new = wanted[item.variant_id]
        item.opening = item.on_hand = new.stock
        item.cell = new.cell
    StockItem.objects.bulk_update(items, ["opening", "on_hand", "cell"])
    return {new.sku: variant for variant, (new, _p) in zip(variants, pairs, strict=True)}


def _free_skus(wanted: Sequence[str]) -> dict[str, str]:
    """A SKU for each that is wanted, which nothing of the company has yet."""
    taken = set(
        Variant.objects.filter(
            sku__in=[f"{sku}{end}" for sku in wanted for end in ("", *_ENDS)]
        ).values_list("sku", flat=True)
    )
    return {
        sku: next(f"{sku}{end}" for end in ("", *_ENDS) if f"{sku}{end}" not in taken)
        for sku in wanted
    }


@transaction.atomic
def remove_example_goods(
    *, product_ids: Sequence[int], variant_ids: Sequence[int]
) -> dict[int, str]:
    """Delete the products that nobody changed and on which nothing was built.

    Returns those that stay with why: "changed", or "in_use" (ordered, received, counted …).
    """
    locked = Product.objects.select_for_update().filter(pk__in=product_ids).order_by("pk")
    variants: dict[int, list[int]] = {pk: [] for pk in locked.values_list("pk", flat=True)}
    own = set(variant_ids)
    kept: dict[int, str] = {}
    for pk, product_id in Variant.objects.filter(product_id__in=variants).values_list(
        "pk", "product_id"
    ):
        variants[product_id].append(pk)
        if pk not in own:  # somebody added an option of their own
            kept[product_id] = "changed"
    kept.update(dict.fromkeys(touched_products(variants), "changed"))
    free = {pk: ids for pk, ids in variants.items() if pk not in kept}
    if not delete_goods(free):
        kept.update({pk: "in_use" for pk, ids in free.items() if not delete_goods({pk: ids})})
    return kept
