"""The table of products and the page of one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, QuerySet, Sum

from crm.fields.filters import Wanted, wanted_condition
from crm.fields.selectors import Definitions
from inventory.models import (
    Product,
    ProductSearch,
    Reservation,
    ReservationState,
    StockItem,
    Variant,
    Warehouse,
)
from inventory.wording import search_words

STOCK_STATES = ("in", "out", "waiting")


@dataclass(frozen=True, slots=True)
class Units:
    """What lies somewhere, and how much of it is held."""

    on_hand: int = 0
    reserved: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(slots=True)
class ProductRow:
    """A product as a line of the table: `places` stand in the order of the warehouses."""

    product: Product
    variants: list[Variant]
    places: list[Units]
    total: Units
    waiting: int = 0

    @property
    def sku(self) -> str:
        return self.variants[0].sku if len(self.variants) == 1 else ""

    @property
    def prices(self) -> list[tuple[Decimal, str]]:
        """One price, or the lowest and the highest; a list for each currency met."""
        return _range([(v.price, v.currency) for v in self.variants])

    @property
    def costs(self) -> list[tuple[Decimal, str]]:
        return _range([(v.cost, v.currency) for v in self.variants if v.cost is not None])


def _range(amounts: Sequence[tuple[Decimal, str]]) -> list[tuple[Decimal, str]]:
    if not amounts:
        return []
    currency = amounts[0][1]
    same = [amount for amount, unit in amounts if unit == currency]
    return [(amount, currency) for amount in sorted({min(same), max(same)})]


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """What the table of products is asked for; unknown words mean "all"."""

    query: str = ""
    category: str = ""
    active: str = "on"
    stock: str = ""
    # The company's own fields: code and what is asked (crm.fields.filters).
    own: Wanted = ()
    fields: Definitions = field(default_factory=dict, compare=False)

    @property
    def words(self) -> set[str]:
        """The chips that are on."""
        return {self.stock, "off"} if self.active == "off" else {self.stock}


def list_warehouses(*, only_active: bool = True) -> list[Warehouse]:
    """Return the warehouses in the order in which orders are filled. One query."""
    rows = Warehouse.objects.order_by("priority", "id")
    return list(rows.filter(is_active=True) if only_active else rows)


def list_categories() -> list[str]:
    """Return the categories in use. One query."""
    rows = Product.objects.exclude(category="").order_by("category")
    return list(rows.values_list("category", flat=True).distinct())


def list_products(wanted: ProductFilter) -> QuerySet[Product]:
    """Return the products that fit, unordered and not loaded."""
    rows = Product.objects.all()
    if wanted.active in {"on", "off"}:
        rows = rows.filter(is_active=wanted.active == "on")
    if wanted.category:
        rows = rows.filter(category=wanted.category)
    if wanted.query.strip():
        rows = rows.filter(pk__in=match_variants(wanted.query).values("product_id"))
    if wanted.own:
        rows = rows.filter(wanted_condition(wanted.own, wanted.fields))
    of_product = {"variant__product": OuterRef("pk")}
    free = StockItem.objects.filter(**of_product, on_hand__gt=F("reserved"))
    if wanted.stock == "in":
        rows = rows.filter(Exists(free))
    elif wanted.stock == "out":
        rows = rows.exclude(Exists(free))
    elif wanted.stock == "waiting":
        rows = rows.filter(pk__in=waiting_variants().values("product_id"))
    return rows


def match_variants(query: str) -> QuerySet[Variant]:
    """Variants whose search text has every word of the query."""
    docs = ProductSearch.objects.all()
    for word in search_words(query):
        docs = docs.filter(doc__contains=word)
    return Variant.objects.filter(pk__in=docs.values("variant_id"))


def waiting_variants() -> QuerySet[Variant]:
    """Variants that somebody waits for."""
    waiting = Reservation.objects.filter(state=ReservationState.WAITING)
    return Variant.objects.filter(pk__in=waiting.values("variant_id"))


def describe_products(
    products: Sequence[Product], warehouses: Sequence[Warehouse]
) -> list[ProductRow]:
    """Load variants and stock of the products of one page. Three queries."""
    ids = [product.pk for product in products]
    variants: dict[int, list[Variant]] = defaultdict(list)
    for variant in Variant.objects.filter(product_id__in=ids).order_by("id"):
        variants[variant.product_id].append(variant)
    everything = [variant.pk for group in variants.values() for variant in group]
    product_of = {v.pk: v.product_id for group in variants.values() for v in group}
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for variant_id, place, on_hand, reserved in StockItem.objects.filter(
        variant_id__in=everything
    ).values_list("variant_id", "warehouse_id", "on_hand", "reserved"):
        cell = sums[product_of[variant_id], place]
        cell[0] += on_hand
        cell[1] += reserved
    waiting: dict[int, int] = defaultdict(int)
    for variant_id, units in waiting_units(everything).items():
        waiting[product_of[variant_id]] += units
    totals: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for (product_id, _place), (on_hand, reserved) in sums.items():
        totals[product_id][0] += on_hand
        totals[product_id][1] += reserved
    return [
        ProductRow(
            product=product,
            variants=variants[product.pk],
            places=[Units(*sums.get((product.pk, w.pk), (0, 0))) for w in warehouses],
            total=Units(*totals[product.pk]),
            waiting=waiting[product.pk],
        )
        for product in products
    ]


def waiting_units(variant_ids: Sequence[int]) -> dict[int, int]:
    """Units waited for, by variant. One query."""
    rows = (
        Reservation.objects.filter(variant_id__in=variant_ids, state=ReservationState.WAITING)
        .values_list("variant_id")
        .annotate(units=Sum("quantity"))
    )
    return dict(rows)


@dataclass(slots=True)
class VariantRow:
    """A variant with its barcodes and its items, in the order of the warehouses."""

    variant: Variant
    barcodes: list[str] = field(default_factory=list)
    items: list[StockItem | None] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    waiting: int = 0

    @property
    def shelves(self) -> list[tuple[str, StockItem | None]]:
        """The items with the names of their warehouses."""
        return list(zip(self.places, self.items, strict=True))

    @property
    def total(self) -> Units:
        items = [item for item in self.items if item is not None]
        return Units(sum(i.on_hand for i in items), sum(i.reserved for i in items))


def describe_variants(
    variants: Sequence[Variant], warehouses: Sequence[Warehouse]
) -> list[VariantRow]:
    """Load barcodes, items and waiting units of the variants. Three queries."""
    from_id = {variant.pk: VariantRow(variant) for variant in variants}
    items: dict[tuple[int, int], StockItem] = {}
    for item in StockItem.objects.filter(variant_id__in=from_id):
        items[item.variant_id, item.warehouse_id] = item
    for variant in Variant.objects.filter(pk__in=from_id).prefetch_related("barcodes"):
        from_id[variant.pk].barcodes = [code.code for code in variant.barcodes.all()]
    waiting = waiting_units(list(from_id))
    for pk, row in from_id.items():
        row.items = [items.get((pk, warehouse.pk)) for warehouse in warehouses]
        row.places = [warehouse.name for warehouse in warehouses]
        row.waiting = waiting.get(pk, 0)
    return list(from_id.values())
