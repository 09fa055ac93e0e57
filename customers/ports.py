"""What this app needs to know of orders, which live a floor above and register it here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists

from crm.accounts.models import Membership


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """A customer's orders in figures. Sums of different currencies stand side by side."""

    count: int = 0
    cancelled: int = 0
    # Currency -> sum of the counted orders, not cancelled and not returned.
    sums: dict[str, Decimal] = field(default_factory=dict)
    last_at: datetime | None = None
    last_number: int | None = None


TotalsFunc = Callable[[Sequence[int], Membership | None], dict[int, OrderTotals]]
HasOrdersFunc = Callable[[], Exists]
VisibleFunc = Callable[[Membership], Exists]
_totals: TotalsFunc | None = None
_has_orders: HasOrdersFunc | None = None
_visible: VisibleFunc | None = None


def register_order_totals(func: TotalsFunc) -> None:
    """Have `func(customer_ids, viewer)` asked for the figures of a page of customers at once."""
    global _totals
    _totals = func


def register_has_orders(func: HasOrdersFunc) -> None:
    """Have `func()` give the condition "has an order" for a query of customers (OuterRef pk)."""
    global _has_orders
    _has_orders = func


def register_visible_by_orders(func: VisibleFunc) -> None:
    """Have `func(viewer)` give the condition "has an order that the viewer is shown"."""
    global _visible
    _visible = func


def order_totals(
    customer_ids: Sequence[int], *, viewer: Membership | None
) -> dict[int, OrderTotals]:
    """Return the figures of the viewer's orders by customer id; who has none may be missing."""
    return _totals(customer_ids, viewer) if _totals and customer_ids else {}


def has_orders() -> Exists | None:
    """Return the condition "has an order", or None where no app tells it."""
    return _has_orders() if _has_orders else None


def visible_by_orders(viewer: Membership) -> Exists | None:
    """Return the condition "has an order that the viewer is shown"; None where no app tells."""
    return _visible(viewer) if _visible else None
