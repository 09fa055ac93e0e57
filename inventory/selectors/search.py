"""Finding goods by SKU, barcode or a piece of the name (docs/stock.md)."""

from typing import Any

from django.db import connection
from django.db.models import IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from crm.tenancy.context import current_tenant_id
from inventory.models import StockItem, Variant
from inventory.wording import fold_text, like_pattern, search_words

# LIKE is no index condition under row-level security, so a company's documents are read through:
# one narrow table, some 2 ms for 5,000 variants. Barcodes and SKUs are found by index first.
# The best few hundred are chosen by the text alone: joining thousands of rows would cost ten times
# more.
_SCAN = """
WITH likely AS (
    SELECT s.variant_id, NOT (s.doc ^@ %s) AS far, NOT (s.doc LIKE %s) AS inside
    FROM inventory_search s WHERE s.tenant_id = %s AND {words}
    ORDER BY far, inside, s.variant_id LIMIT 300
)
SELECT l.variant_id
FROM likely l
JOIN inventory_variant v ON v.tenant_id = %s AND v.id = l.variant_id
JOIN inventory_product p ON p.tenant_id = v.tenant_id AND p.id = v.product_id
WHERE NOT %s OR (v.is_active AND p.is_active)
ORDER BY l.far, l.inside, p.sort_key, v.id
LIMIT %s
"""
_EXACT = """
SELECT v.id FROM inventory_variant v
JOIN inventory_product p ON p.tenant_id = v.tenant_id AND p.id = v.product_id
WHERE v.tenant_id = %s AND (v.sku = %s OR v.id IN (
    SELECT b.variant_id FROM inventory_barcode b WHERE b.tenant_id = %s AND b.code = %s))
  AND (NOT %s OR (v.is_active AND p.is_active))
ORDER BY v.sku = %s DESC, v.id LIMIT %s
"""


def find_variants(query: str, limit: int = 20, *, only_active: bool = True) -> list[Variant]:
    """Return variants with `product`, `on_hand` and `available` loaded, the best match first.

    An exact SKU or barcode, then SKUs that begin so, then names that do, then the rest.
    Every word must occur, in any case. Three queries.
    """
    ids = find_variant_ids(query, limit, only_active=only_active)
    if not ids:
        return []
    found = {
        row.pk: row
        for row in with_stock(Variant.objects.filter(pk__in=ids)).select_related("product")
    }
    return [found[pk] for pk in ids if pk in found]


def find_variant_ids(query: str, limit: int, *, only_active: bool = True) -> list[int]:
    """Return the ids that find_variants() would, in its order. Two queries."""
    query = " ".join(query.split())[:200]
    words = search_words(query)
    if not words:
        return []
    tenant_id = current_tenant_id()
    exact = _ids(_EXACT, [tenant_id, query, tenant_id, query, only_active, query, limit])
    scan = _SCAN.format(words=" AND ".join(["s.doc LIKE %s"] * len(words)))
    folded = fold_text(query)
    patterns = [like_pattern(word) for word in words]
    name_begins = "%\n" + like_pattern(folded)[1:]
    loose = _ids(scan, [folded, name_begins, tenant_id, *patterns, tenant_id, only_active, limit])
    return list(dict.fromkeys([*exact, *loose]))[:limit]


def with_stock(variants: QuerySet[Variant]) -> QuerySet[Variant]:
    """Annotate variants with `on_hand` and `available` over all warehouses."""
    items = StockItem.objects.filter(variant=OuterRef("pk")).order_by().values("variant")
    return variants.annotate(
        on_hand=Coalesce(
            Subquery(items.annotate(n=Sum("on_hand")).values("n")),
            0,
            output_field=IntegerField(),
        ),
        available=Coalesce(
            Subquery(items.annotate(n=Sum("on_hand") - Sum("reserved")).values("n")),
            0,
            output_field=IntegerField(),
        ),
    )


def _ids(sql: str, params: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [row[0] for row in cursor.fetchall()]
