"""What the tests of the lists share: orders at known moments, and who is found."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from inventory.factories import make_variant
from orders.inputs import BuyerInput
from orders.models import Order
from orders.pipeline import Stage
from orders.selectors.directory import read_directory
from orders.selectors.filters import OrderFilters
from orders.selectors.lists import list_orders
from tests.orders.conftest import place

# A Monday, 11:00 in Kyiv.
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def stock(sku: str = "TEA", **fields: Any) -> None:
    make_variant(sku, product=fields.pop("product", "Чай"), on_hand=1000, now=NOW, **fields)


def put(ago: int = 0, *, phone: str = "", name: str = "Олена Петренко", **fields: Any) -> Order:
    """An order for one TEA, so many minutes before NOW, each of another buyer; with `fields`
    written over what it was placed with."""
    count = Order.objects.count()
    phone = phone or f"+38067{2_000_000 + count}"
    order = place(
        ("TEA", 1), now=NOW - timedelta(minutes=ago), buyer=BuyerInput(name=name, phone=phone)
    ).order
    if fields:
        Order.objects.filter(pk=order.pk).update(**fields)
    return order


def found(*, now: datetime = NOW, **filters: Any) -> list[int]:
    """Numbers of the orders that the filters find, as they are listed."""
    page = list_orders(OrderFilters(**filters), viewer=None, directory=read_directory(), now=now)
    return numbers(row.order for row in page.rows)


def numbers(orders: Iterable[Order]) -> list[int]:
    return [order.number for order in orders]


def in_stage(stage: Stage) -> dict[str, Any]:
    """Fields of an order that stands in a stage; for `put`, which writes past the actions."""
    status = next(s for s in read_directory().statuses.values() if s.stage == stage)
    return {"stage": stage, "status_id": status.pk}


def today() -> Any:
    return timezone.localdate(NOW)
