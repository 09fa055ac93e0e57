"""The kinds by their names."""

from crm.fields.selectors import fields_in_use
from integrations.imports.kinds.base import Kind
from integrations.imports.kinds.customers import CustomersKind
from integrations.imports.kinds.orders import OrdersKind
from integrations.imports.kinds.products import ProductsKind
from integrations.imports.kinds.stock import StockKind

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (OrdersKind(), CustomersKind(), ProductsKind(), StockKind())
}


def kind_of(name: str) -> Kind:
    """The kind with the fields that the company added. One query, where it may have any."""
    kind = KINDS[name]
    own = fields_in_use(kind.own_kind) if kind.own_kind else {}
    return kind.with_own(own) if own else kind


def known_words() -> set[str]:
    """Every word that columns are named by, to tell a row of names from a row of values."""
    return {word for kind in KINDS.values() for one in kind.fields for word in one.words}
