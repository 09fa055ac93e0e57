"""Who may hear what: a topic's first word names the permission it takes."""

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission

_permissions: dict[str, Permission] = {
    "orders": Permission.ORDERS_VIEW,
    "order": Permission.ORDERS_VIEW,
    "picking": Permission.PICKING_WORK,
    "customers": Permission.CUSTOMERS_VIEW,
    "products": Permission.PRODUCTS_VIEW,
    "stock": Permission.STOCK_VIEW,
    "connections": Permission.CONNECTIONS_MANAGE,
}
# Who is not shown every order hears these by an event's audience alone.
_of_rows = {"orders", "order", "picking", "customers", "messages"}


def register_topic(word: str, permission: Permission, *, of_rows: bool = False) -> None:
    """Let only members with the permission hear topics `word` and `word:…`.

    `of_rows`: they tell of orders or customers, so a narrow scope hears them by audience.
    """
    _permissions[word] = permission
    if of_rows:
        _of_rows.add(word)


def is_of_rows(word: str) -> bool:
    """Tell whether topics that begin with the word tell of orders or customers."""
    return word in _of_rows


def refused_words(membership: Membership) -> frozenset[str]:
    """Return the first words of the topics that this member must not hear."""
    return frozenset(word for word, needed in _permissions.items() if not membership.can(needed))
