"""The kinds by their names."""

from integrations.imports.kinds.base import Kind
from integrations.imports.kinds.customers import CustomersKind
from integrations.imports.kinds.orders import OrdersKind
from integrations.imports.kinds.products import ProductsKind
from integrations.imports.kinds.stock import StockKind

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (OrdersKind(), CustomersKind(), ProductsKind(), StockKind())
}


def known_words() -> set[str]:
    """Every word that columns are named by, to tell a row of names from a row of values."""
    return {word for kind in KINDS.values() for one in kind.fields for word in one.words}
