"""The goods that the lines of imported orders name: found by SKU, made where they are missing."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from django.db.models.functions import Lower

from integrations.imports.kinds.base import Setup, list_staying
from integrations.imports.models import Trace
from inventory.actions.catalogue import NewVariant
from inventory.actions.make_many import NewProduct, create_products
from inventory.actions.remove import remove_products
from inventory.models import Product, Variant
from orders.inputs import OrderInput


def is_service(sku: str) -> bool:
    """A code without a digit is no article but postage, a fee or a word: POST, BANK CHARGES."""
    return not any(sign.isdigit() for sign in sku)


class Goods:
    """The SKUs of one chunk. A SKU in other case is the same article."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._spelling: dict[str, str] = {}
        self.traces: list[Trace] = []

    def prepare(self, orders: Sequence[OrderInput]) -> None:
        """Find what the orders name and make what is missing, as far as that was chosen."""
        names: dict[str, Counter[str]] = defaultdict(Counter)
        prices: dict[str, Counter[Decimal]] = defaultdict(Counter)
        for order in orders:
            for line in order.lines:
                if not line.sku:
                    continue
                if line.name:
                    names[line.sku][line.name] += 1
                else:
                    names[line.sku].update()
                if line.price:
                    prices[line.sku][line.price] += 1
        wanted = set(names)
        exact = set(Variant.objects.filter(sku__in=wanted).values_list("sku", flat=True))
        missing = sorted(wanted - exact)
        self._spelling = self._other_spellings(missing)
        if not self._setup.options.get("create_goods"):
            return
        services = self._setup.options.get("services")
        made: dict[str, NewProduct] = {}
        for sku in missing:
            if sku in self._spelling or (services and is_service(sku)):
                continue
            folded = sku.lower()
            if folded in made:  # the same letters twice in this chunk
                self._spelling[sku] = made[folded].variant.sku
            else:
                made[folded] = self._new(sku, names[sku], prices[sku])
        products = create_products(
            products=list(made.values()), actor=self._setup.actor, now=self._setup.now
        )
        self.traces += [self._setup.trace("product", product.pk) for product in products]

    def _other_spellings(self, skus: Sequence[str]) -> dict[str, str]:
        if not skus:
            return {}
        found = dict(
            Variant.objects.annotate(low=Lower("sku"))
            .filter(low__in={sku.lower() for sku in skus})
            .values_list("low", "sku")
        )
        return {sku: found[sku.lower()] for sku in skus if sku.lower() in found}

    def _new(self, sku: str, names: Counter[str], prices: Counter[Decimal]) -> NewProduct:
        price = prices.most_common(1)[0][0] if prices else Decimal(0)
        name = names.most_common(1)[0][0] if names else sku
        variant = NewVariant(sku=sku, price=price, currency=self._setup.currency)
        return NewProduct(name[:250], variant)

    def resolve(self, order: OrderInput) -> OrderInput:
        """Return the order with its SKUs spelled as the catalogue has them."""
        if not any(line.sku in self._spelling for line in order.lines):
            return order
        lines = tuple(
            replace(line, sku=self._spelling[line.sku]) if line.sku in self._spelling else line
            for line in order.lines
        )
        return replace(order, lines=lines)

    def undo(self, traces: Sequence[Trace]) -> list[tuple[Trace, str, str]]:
        """Take back the products that were made; return those that stay."""
        made = [t for t in traces if t.object_type == "product" and t.before is None]
        kept = remove_products(
            product_ids=[trace.object_id for trace in made],
            actor=self._setup.actor,
            now=self._setup.now,
        )
        names = dict(Product.objects.filter(pk__in=kept).values_list("pk", "name"))
        return list_staying(made, kept, names)
