"""Products and variants: the bodies, the answers and how they are read."""

from collections import defaultdict
from typing import Any

from rest_framework import serializers

from crm.api.callers import Caller
from crm.api.fields import (
    BoolField,
    IdField,
    IntField,
    Money,
    MoneyIn,
    PercentField,
    Strict,
    TextField,
    many,
    money,
)
from crm.api.problems import wrong_value
from crm.fields.api import CustomIn, CustomOut
from inventory.actions.catalogue import NewVariant
from inventory.models import Barcode, Variant

MAX_VARIANTS = 100


def _barcodes() -> serializers.ListField:
    return serializers.ListField(child=TextField(max_length=64), required=False, max_length=50)


class VariantIn(Strict):
    sku = TextField(max_length=64)
    name = TextField(required=False, max_length=150, help_text="The option: size, colour.")
    price = MoneyIn()
    cost = MoneyIn(required=False)
    tax_rate = PercentField(required=False)
    weight_g = IntField(required=False, allow_null=True)
    barcodes = _barcodes()


class NewVariantIn(VariantIn):
    product_id = IdField()

    class Meta:
        ref_name = "VariantCreate"


class VariantPatchIn(Strict):
    """Only what is given changes."""

    sku = TextField(required=False, max_length=64, allow_blank=False)
    name = TextField(required=False, max_length=150)
    price = MoneyIn(required=False)
    cost = MoneyIn(required=False, allow_null=True)
    tax_rate = PercentField(required=False)
    weight_g = IntField(required=False, allow_null=True)
    barcodes = _barcodes()
    is_active = BoolField(required=False)

    class Meta:
        ref_name = "VariantPatch"


class ProductIn(Strict):
    name = TextField(max_length=250)
    brand = TextField(required=False, max_length=100)
    category = TextField(required=False, max_length=100)
    description = TextField(required=False, max_length=20_000)
    custom = CustomIn()
    variants = many(VariantIn, max_length=MAX_VARIANTS, allow_empty=False)

    class Meta:
        ref_name = "ProductCreate"


class ProductPatchIn(Strict):
    """Only what is given changes. Variants have addresses of their own."""

    name = TextField(required=False, max_length=250, allow_blank=False)
    brand = TextField(required=False, max_length=100)
    category = TextField(required=False, max_length=100)
    description = TextField(required=False, max_length=20_000)
    is_active = BoolField(required=False)
    custom = CustomIn()

    class Meta:
        ref_name = "ProductPatch"


class ProductsBulkIn(Strict):
    products = many(ProductIn, max_length=500)


class VariantOut(serializers.Serializer):
    id = serializers.CharField()
    product_id = serializers.CharField()
    product_name = serializers.CharField()
    sku = serializers.CharField()
    name = serializers.CharField()
    price = Money()
    cost = Money(allow_null=True, required=False, help_text="For keys that may change products.")
    tax_rate = serializers.CharField()
    weight_g = serializers.IntegerField(allow_null=True)
    barcodes = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    class Meta:
        ref_name = "Variant"


class ProductOut(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    brand = serializers.CharField()
    category = serializers.CharField()
    description = serializers.CharField()
    is_active = serializers.BooleanField()
    custom = CustomOut()
    variants = VariantOut(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    class Meta:
        ref_name = "Product"


PRODUCT_ROW = (
    "id",
    "name",
    "brand",
    "category",
    "description",
    "is_active",
    "custom",
    "created_at",
    "updated_at",
)
VARIANT_ROW = (
    "id",
    "product_id",
    "product__name",
    "sku",
    "name",
    "price",
    "currency",
    "cost",
    "tax_rate",
    "weight_g",
    "is_active",
    "created_at",
    "updated_at",
)


def new_variant(data: dict[str, Any], company_currency: str) -> NewVariant:
    """Make the action's input of a validated VariantIn."""
    cost = data.get("cost")
    price = data["price"]
    return NewVariant(
        sku=data["sku"],
        price=price["amount"],
        currency=price.get("currency") or company_currency,
        name=data.get("name", ""),
        cost=cost["amount"] if cost else None,
        tax_rate=data.get("tax_rate", 0),
        weight_g=data.get("weight_g"),
        barcodes=tuple(data.get("barcodes", ())),
    )


def variant_changes(data: dict[str, Any]) -> dict[str, Any]:
    """Make the action's changes of a validated body of a variant."""
    changes = {n: data[n] for n in data if n not in {"price", "cost", "product_id"}}
    if "price" in data:
        changes["price"] = data["price"]["amount"]
        if data["price"].get("currency"):
            changes["currency"] = data["price"]["currency"]
    if "cost" in data:
        changes["cost"] = data["cost"]["amount"] if data["cost"] else None
    return changes


def check_currencies(data: dict[str, Any], known: frozenset[str], pointer: str = "") -> None:
    """Refuse a currency that we do not know, and a cost in another one than the price."""
    said = (data.get("price") or {}).get("currency", "")
    if said and said not in known:
        raise wrong_value(f"{pointer}/price/currency", "unknown_currency")
    cost = (data.get("cost") or {}).get("currency", "")
    if cost and said and cost != said:
        raise wrong_value(f"{pointer}/cost/currency", "currency_mismatch")


def write_products(rows: list[dict[str, Any]], caller: Caller) -> list[dict[str, Any]]:
    """Write rows of products with their variants. Two statements."""
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    variants = Variant.objects.filter(product_id__in=ids).order_by("id").values(*VARIANT_ROW)
    by_product = defaultdict(list)
    for item in write_variants(list(variants), caller):
        by_product[item["product_id"]].append(item)
    return [
        {
            **{name: row[name] for name in PRODUCT_ROW[1:6]},
            "id": str(row["id"]),
            "custom": row["custom"],
            "variants": by_product[str(row["id"])],
            "created_at": row["created_at"].isoformat(),
            "updated_at": row["updated_at"].isoformat(),
        }
        for row in rows
    ]


def write_variants(rows: list[dict[str, Any]], caller: Caller) -> list[dict[str, Any]]:
    """Write rows of variants with their barcodes. One statement."""
    codes = defaultdict(list)
    barcodes = Barcode.objects.filter(variant_id__in=[row["id"] for row in rows]).order_by("id")
    for variant_id, code in barcodes.values_list("variant_id", "code"):
        codes[variant_id].append(code)
    return [_write_variant(row, codes[row["id"]], caller.sees_costs) for row in rows]


def _write_variant(row: dict[str, Any], codes: list[str], costs: bool) -> dict[str, Any]:
    currency = row["currency"]
    written = {
        "id": str(row["id"]),
        "product_id": str(row["product_id"]),
        "product_name": row["product__name"],
        "sku": row["sku"],
        "name": row["name"],
        "price": money(row["price"], currency),
        "tax_rate": f"{row['tax_rate']:.2f}",
        "weight_g": row["weight_g"],
        "barcodes": codes,
        "is_active": row["is_active"],
        "created_at": row["created_at"].isoformat(),
        "updated_at": row["updated_at"].isoformat(),
    }
    if costs:
        written["cost"] = None if row["cost"] is None else money(row["cost"], currency)
    return written
