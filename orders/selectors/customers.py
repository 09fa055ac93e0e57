"""What the floors below ask of orders, through customers.ports and inventory.ports."""

from collections.abc import Collection, Sequence
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from crm.accounts.models import Membership
from customers.ports import (
    OrderTotals,
    register_has_orders,
    register_order_totals,
    register_visible_by_orders,
)
from inventory.ports import register_visible_numbers
from orders.models import Order
from orders.pipeline import Stage
from orders.selectors.visible import Viewer, visible_orders

_GONE = (Stage.CANCELLED, Stage.RETURNED)


def customer_totals(customer_ids: Sequence[int], viewer: Viewer) -> dict[int, OrderTotals]:
    """Return the figures of the customers' orders that the viewer is shown. Two queries.

    A suspected repeat is an order, but its money is not counted until it is decided.
    """
    orders = visible_orders(viewer).filter(customer_id__in=customer_ids)
    groups = orders.values("customer_id", "currency").annotate(
        count=Count("id"),
        cancelled=Count("id", filter=Q(stage__in=_GONE)),
        sum=Sum(F("total") - F("returned_total"), filter=Q(is_counted=True) & ~Q(stage__in=_GONE)),
    )
    counts: dict[int, list[int]] = {}
    sums: dict[int, dict[str, Decimal]] = {}
    for row in groups.order_by("customer_id", "currency"):
        figures = counts.setdefault(row["customer_id"], [0, 0])
        figures[0] += row["count"]
        figures[1] += row["cancelled"]
        if row["sum"] is not None:
            sums.setdefault(row["customer_id"], {})[row["currency"]] = row["sum"]
    last = (
        orders.order_by("customer_id", "-placed_at", "-id")
        .distinct("customer_id")
        .values_list("customer_id", "placed_at", "number")
    )
    return {
        customer_id: OrderTotals(
            count=counts[customer_id][0],
            cancelled=counts[customer_id][1],
            sums=sums.get(customer_id, {}),
            last_at=placed_at,
            last_number=number,
        )
        for customer_id, placed_at, number in last
    }


def has_an_order() -> Exists:
    """The condition "has an order" for a query of customers."""
    return Exists(Order.objects.filter(customer_id=OuterRef("pk")))


def has_a_visible_order(viewer: Membership) -> Exists:
    """The condition "has an order that the viewer is shown" for a query of customers."""
    return Exists(visible_orders(viewer).filter(customer_id=OuterRef("pk")))


def visible_numbers(viewer: Membership, numbers: Collection[int]) -> set[int]:
    """Return those of the numbers whose orders the viewer is shown. One query."""
    mine = visible_orders(viewer).filter(number__in=numbers)
    return set(mine.values_list("number", flat=True))


def register() -> None:
    """Called once from config/wiring.py."""
    register_order_totals(customer_totals)
    register_has_orders(has_an_order)
    register_visible_by_orders(has_a_visible_order)
    register_visible_numbers(visible_numbers)
