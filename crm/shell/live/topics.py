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


def register_topic(word: str, permission: Permission) -> None:
    """Let only members with the permission hear topics `word` and `word:…`."""
    _permissions[word] = permission


def refused_words(membership: Membership) -> frozenset[str]:
    """Return the first words of the topics that this member must not hear."""
    return frozenset(word for word, needed in _permissions.items() if not membership.can(needed))
