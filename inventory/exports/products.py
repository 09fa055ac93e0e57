"""Products with a row for each variant: the file that the import of products understands."""

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
from crm.exports.words import yes_or_no
from inventory.models import Barcode, Product, Variant
from inventory.selectors.catalogue import list_products
from inventory.web.products import asked_products


@dataclass(slots=True)
class VariantExport:
    """A variant with its product loaded."""

    variant: Variant
    barcodes: list[str]
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def product(self) -> Product:
        return self.variant.product


def find_products(selection: Selection, _asker: Asker) -> QuerySet[Product]:
    """What the table of products finds."""
    return list_products(asked_products(QueryDict(selection.get("query") or "")))


def read_products(_selection: Selection, ids: Sequence[int], _asker: Asker) -> list[VariantExport]:
    """Return the variants of the products, in the order of the ids. Two queries."""
    variants = Variant.objects.filter(product_id__in=ids).select_related("product")
    rows = list(variants.order_by("product_id", "id"))
    codes = read_barcodes([variant.pk for variant in rows])
    return [VariantExport(variant, codes.get(variant.pk, [])) for variant in rows]


def read_barcodes(variant_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the barcodes of variants. One query."""
    codes: dict[int, list[str]] = defaultdict(list)
    found = Barcode.objects.filter(variant_id__in=variant_ids).order_by("id")
    for variant_id, code in found.values_list("variant_id", "code"):
        codes[variant_id].append(code)
    return codes


COLUMNS = (
    Column("sku", _("SKU"), lambda r: r.variant.sku),
    Column("name", pgettext_lazy("of a thing", "Name"), lambda r: r.product.name),
    Column("option", pgettext_lazy("of a product", "Variant"), lambda r: r.variant.name),
    Column("brand", _("Brand"), lambda r: r.product.brand),
    Column("category", _("Category"), lambda r: r.product.category),
    Column("price", _("Price"), lambda r: r.variant.price),
    Column("currency", _("Currency"), lambda r: r.variant.currency),
    Column("cost", _("Cost"), lambda r: r.variant.cost, Permission.COSTS_VIEW),
    Column("tax_rate", _("Tax, %"), lambda r: r.variant.tax_rate),
    Column("weight_g", _("Weight, g"), lambda r: r.variant.weight_g),
    Column("barcodes", _("Barcodes"), lambda r: ", ".join(r.barcodes)),
    Column("is_active", _("On sale"), lambda r: yes_or_no(r.variant.is_active)),
    Column(
        "description", pgettext_lazy("of a product", "Details"), lambda r: r.product.description
    ),
)
