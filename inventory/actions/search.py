"""The text by which goods are found, kept by the actions that change names, SKUs and barcodes."""

from collections import defaultdict
from collections.abc import Sequence

from inventory.models import Barcode, ProductSearch, Variant
from inventory.wording import fold_text

# Characters of one document; more is never typed into a search box.
_LIMIT = 1000


def index_variants(
    *, variant_ids: Sequence[int] | None = None, product_id: int | None = None
) -> None:
    """Write the search text of the variants (or of a product's) anew. Three statements."""
    variants = Variant.objects.select_related("product")
    if variant_ids is not None:
        variants = variants.filter(pk__in=list(variant_ids))
    if product_id is not None:
        variants = variants.filter(product_id=product_id)
    rows = list(variants)
    codes: dict[int, list[str]] = defaultdict(list)
    for variant_id, code in Barcode.objects.filter(
        variant_id__in=[row.pk for row in rows]
    ).values_list("variant_id", "code"):
        codes[variant_id].append(code)
    ProductSearch.objects.bulk_create(
        [ProductSearch(variant=row, doc=document_of(row, codes[row.pk])) for row in rows],
        update_conflicts=True,
        unique_fields=["tenant", "variant"],
        update_fields=["doc"],
    )


def document_of(variant: Variant, barcodes: Sequence[str]) -> str:
    """Return the text: SKU, barcodes and names on lines of their own, folded.

    The SKU stands first, so that `doc ^@ 'sku'` finds it by its beginning.
    """
    names = f"{variant.title} {variant.product.brand} {variant.product.category}"
    lines = (variant.sku, " ".join(barcodes), names)
    return "\n".join(fold_text(line) for line in lines)[:_LIMIT]
