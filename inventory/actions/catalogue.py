"""Products and their variants: made, edited, taken off sale. Prices and costs keep history."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from crm.audit.actor import Actor
from crm.audit.changes import Changes
from crm.audit.models import AuditEntry
from crm.audit.record import build_record, record
from crm.fields.actions import read_new, set_values, store_new
from crm.fields.models import Kind
from crm.fields.selectors import check_values, definitions_by_code
from crm.fields.values import PREFIX, FieldError, part_own
from crm.outbox.models import OutboxEvent
from crm.outbox.wake import wake_after_commit
from crm.tenancy.context import current_tenant_id
from inventory import events
from inventory.actions.search import index_variants
from inventory.actions.warehouses import open_items
from inventory.models import Barcode, Product, Variant

PRODUCT_FIELDS = ("name", "brand", "category", "description", "picture", "is_active")
VARIANT_FIELDS = ("sku", "name", "price", "currency", "cost", "tax_rate", "weight_g", "is_active")
_SEARCHED_OF_PRODUCT = {"name", "brand", "category"}
_SEARCHED_OF_VARIANT = {"sku", "name"}


class CatalogueError(Exception):
    """Goods can't be written so.

    `code` is "sku_taken", "barcode_taken", "no_variants", "sku_missing", "name_missing",
    "price_negative", "stale" or "not_found", or one of crm.fields.values for the company's own
    field `own`; `facts` say which ("sku", "barcode", "row").
    """

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(f"{code} {facts}" if facts else code)


@dataclass(frozen=True, slots=True)
class NewVariant:
    """A variant to be made."""

    sku: str
    price: Decimal
    currency: str = "UAH"
    name: str = ""
    cost: Decimal | None = None
    tax_rate: Decimal = Decimal(0)
    weight_g: int | None = None
    barcodes: tuple[str, ...] = ()
    is_active: bool = True


@transaction.atomic
def create_product(
    *,
    name: str,
    variants: Sequence[NewVariant],
    brand: str = "",
    category: str = "",
    description: str = "",
    picture: str = "",
    custom: Mapping[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> Product:
    """Make a product with its variants, their barcodes and empty stock items; `custom` are values
    of the company's own fields."""
    if not name.strip():
        raise CatalogueError("name_missing")
    if not variants:
        raise CatalogueError("no_variants")
    try:
        definitions, kept = read_new(Kind.PRODUCT, custom or {})
    except FieldError as error:
        raise CatalogueError(error.code, own=error.field) from None
    product = Product.objects.create(
        custom=kept,
        name=name.strip(),
        brand=brand.strip(),
        category=category.strip(),
        description=description,
        picture=picture,
    )
    changes = store_new(definitions, kept, product.pk)
    record(events.PRODUCT_CREATED, product, actor=actor, now=now, changes=changes)
    insert_variants([product] * len(variants), variants, actor=actor, now=now)
    return product


@transaction.atomic
def add_variants(
    *, product_id: int, variants: Sequence[NewVariant], actor: Actor, now: datetime
) -> list[Variant]:
    """Add variants to a product."""
    product = _lock(Product, product_id)
    return insert_variants([product] * len(variants), variants, actor=actor, now=now)


def insert_variants(
    products: Sequence[Product], variants: Sequence[NewVariant], *, actor: Actor, now: datetime
) -> list[Variant]:
    """Store variants, each under the product in its place, with barcodes and stock items."""
    _check_new(variants)
    rows = [
        Variant(
            product=product,
            sku=new.sku.strip(),
            name=new.name.strip(),
            price=new.price,
            currency=new.currency,
            cost=new.cost,
            tax_rate=new.tax_rate,
            weight_g=new.weight_g,
            is_active=new.is_active,
        )
        for product, new in zip(products, variants, strict=True)
    ]
    try:
        with transaction.atomic():
            Variant.objects.bulk_create(rows)
    except IntegrityError as error:
        raise CatalogueError("sku_taken", **_first_taken_sku(rows)) from error
    codes = [(row, code) for row, new in zip(rows, variants, strict=True) for code in new.barcodes]
    try:
        _insert_barcodes(codes)
    except CatalogueError as error:
        error.facts |= _row_of_barcode(variants, error.facts.get("barcode"))
        raise
    open_items(variant_ids=[row.pk for row in rows])
    index_variants(variant_ids=[row.pk for row in rows])
    _record_many(
        [
            build_record(
                events.VARIANT_CREATED,
                row,
                actor=actor,
                now=now,
                changes={"sku": [None, row.sku], "price": [None, str(row.price)]},
                details={"product": row.product_id},
            )
            for row in rows
        ]
    )
    return rows


def _check_new(variants: Sequence[NewVariant]) -> None:
    seen: set[str] = set()
    for row, new in enumerate(variants):
        sku = new.sku.strip()
        if not sku:
            raise CatalogueError("sku_missing", row=row)
        if sku in seen:
            raise CatalogueError("sku_taken", sku=sku, row=row)
        if new.price < 0:
            raise CatalogueError("price_negative", row=row)
        seen.add(sku)


def _row_of_barcode(variants: Sequence[NewVariant], taken: str | None) -> dict[str, Any]:
    for place, new in enumerate(variants):
        if taken in {code.strip() for code in new.barcodes}:
            return {"row": place}
    return {}


def _first_taken_sku(rows: Sequence[Variant]) -> dict[str, Any]:
    taken = set(
        Variant.objects.filter(sku__in=[row.sku for row in rows]).values_list("sku", flat=True)
    )
    for place, row in enumerate(rows):
        if row.sku in taken:
            return {"sku": row.sku, "row": place}
    return {}


@transaction.atomic
def edit_product(
    *,
    product_id: int,
    changes: dict[str, Any],
    expected: datetime | None = None,
    seen: dict[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> Product:
    """Change fields of a product, the company's own as `custom.CODE`; before and after are
    recorded.

    `expected` is its updated_at as the caller saw it, `seen` the values of the changed fields:
    what somebody else changed in between raises CatalogueError("stale") and is not overwritten.
    """
    product = _lock(Product, product_id)
    plain, own = part_own(changes)
    changed = _apply(product, plain, PRODUCT_FIELDS, expected, seen)
    own_changed = _apply_own(product, own, expected, seen) if own else {}
    if not changed and not own_changed:
        return product
    if not product.name.strip():
        raise CatalogueError("name_missing")
    product.save(update_fields=[*changed, "custom", "sort_key", "updated_at"])
    if _SEARCHED_OF_PRODUCT & set(changed):
        index_variants(product_id=product.pk)
    told = {**_as_json(changed), **own_changed}
    record(events.PRODUCT_EDITED, product, actor=actor, now=now, changes=told)
    return product


@transaction.atomic
def edit_variant(
    *,
    variant_id: int,
    changes: dict[str, Any],
    expected: datetime | None = None,
    seen: dict[str, Any] | None = None,
    actor: Actor,
    now: datetime,
) -> Variant:
    """Change fields of a variant, and its `barcodes` if given; guarded as edit_product is."""
    variant = _lock(Variant, variant_id)
    codes = changes.get("barcodes")
    fields = {name: value for name, value in changes.items() if name != "barcodes"}
    changed = _apply(variant, fields, VARIANT_FIELDS, expected, seen)
    if not variant.sku.strip():
        raise CatalogueError("sku_missing")
    if variant.price < 0:
        raise CatalogueError("price_negative")
    if changed:
        try:
            with transaction.atomic():
                variant.save(update_fields=[*changed, "updated_at"])
        except IntegrityError as error:
            raise CatalogueError("sku_taken", sku=variant.sku) from error
    if codes is not None:
        moved = _replace_barcodes(variant, codes)
        if moved:
            changed["barcodes"] = moved
            if set(changed) == {"barcodes"}:
                variant.save(update_fields=["updated_at"])
    if not changed:
        return variant
    if (_SEARCHED_OF_VARIANT | {"barcodes"}) & set(changed):
        index_variants(variant_ids=[variant.pk])
    record(
        events.VARIANT_EDITED,
        variant,
        actor=actor,
        now=now,
        changes=_as_json(changed),
        details={"product": variant.product_id},
    )
    return variant


def _replace_barcodes(variant: Variant, codes: Iterable[str]) -> list[list[str]] | None:
    wanted = list(dict.fromkeys(code.strip() for code in codes if code.strip()))
    existing = list(variant.barcodes.order_by("id").values_list("code", flat=True))
    if existing == wanted:
        return None
    variant.barcodes.exclude(code__in=wanted).delete()
    _insert_barcodes([(variant, code) for code in wanted if code not in existing])
    return [existing, wanted]


def _insert_barcodes(pairs: Sequence[tuple[Variant, str]]) -> None:
    if not pairs:
        return
    try:
        with transaction.atomic():
            Barcode.objects.bulk_create(
                [Barcode(variant=variant, code=code.strip()) for variant, code in pairs]
            )
    except IntegrityError as error:
        codes = [code.strip() for _variant, code in pairs]
        taken = Barcode.objects.filter(code__in=codes).select_related("variant").first()
        facts = {"barcode": taken.code, "sku": taken.variant.sku} if taken else {}
        raise CatalogueError("barcode_taken", **facts) from error


def _lock(model: type[Any], pk: int) -> Any:
    row = model.objects.select_for_update(no_key=True).filter(pk=pk).first()
    if row is None:
        raise CatalogueError("not_found")
    return row


def _apply(
    row: Any,
    changes: dict[str, Any],
    allowed: tuple[str, ...],
    expected: datetime | None,
    seen: dict[str, Any] | None,
) -> dict[str, list[Any]]:
    """Set the fields that differ and return {field: [before, after]}."""
    unknown = set(changes) - set(allowed)
    if unknown:
        raise ValueError(f"not editable: {sorted(unknown)}")
    changed: dict[str, list[Any]] = {}
    for name, value in changes.items():
        value = value.strip() if isinstance(value, str) and name != "description" else value
        if getattr(row, name) != value:
            changed[name] = [getattr(row, name), value]
    moved = [name for name in changed if seen and name in seen and seen[name] != changed[name][0]]
    if moved or (changed and expected is not None and row.updated_at != expected):
        raise CatalogueError("stale", fields={name: changed[name] for name in moved or changed})
    for name, (_old, value) in changed.items():
        setattr(row, name, value)
    return changed


def _apply_own(
    product: Product,
    own: Mapping[str, Any],
    expected: datetime | None,
    seen: dict[str, Any] | None,
) -> Changes:
    """Set the company's own fields that differ; guarded as the others are."""
    definitions = definitions_by_code(Kind.PRODUCT)
    try:
        wanted = check_values(definitions, own)
    except FieldError as error:
        raise CatalogueError(error.code, own=error.field) from None
    pairs = {
        f"{PREFIX}{code}": [product.custom.get(code), value]
        for code, value in wanted.items()
        if product.custom.get(code) != value
    }
    moved = [name for name, (old, _new) in pairs.items() if seen and seen.get(name, old) != old]
    if moved or (pairs and expected is not None and product.updated_at != expected):
        raise CatalogueError("stale", fields={name: pairs[name] for name in moved or pairs})
    product.custom, changes = set_values(definitions, product.custom, wanted, product.pk)
    return changes


def _as_json(changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {
        name: [str(value) if isinstance(value, Decimal) else value for value in pair]
        for name, pair in changes.items()
    }


def _record_many(pairs: Sequence[tuple[AuditEntry, OutboxEvent]]) -> None:
    AuditEntry.objects.bulk_create([entry for entry, _event in pairs])
    OutboxEvent.objects.bulk_create([event for _entry, event in pairs])
    wake_after_commit(current_tenant_id())


def set_on_sale(*, product_id: int, on_sale: bool, actor: Actor, now: datetime) -> Product:
    """Take a product off sale, or put it back. What is held or ordered stays as it is."""
    return edit_product(product_id=product_id, changes={"is_active": on_sale}, actor=actor, now=now)
