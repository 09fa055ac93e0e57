"""A store that sells tea, for the tests of the orders' actions."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crm.accounts.models import Membership, User
from crm.audit.actor import Actor
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from inventory.actions.setup import set_up_inventory
from inventory.factories import make_variant
from inventory.models import Variant
from orders.actions.edit import edit_order
from orders.actions.place import PlacedOrder, place_order
from orders.actions.setup import set_up_orders
from orders.actions.transition import (
    ParcelInput,
    agree_order,
    pack_order,
    ship_order,
    start_picking,
)
from orders.edits import OrderEdit
from orders.inputs import BuyerInput, LineInput, OrderInput
from orders.models import Order, PickItem

# A Monday, 11:00 in Kyiv.
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SYSTEM = Actor.system("test")
AGREED = {
    "delivery_method": "np_branch",
    "delivery_city": "Київ",
    "delivery_branch": "Відділення №12",
    "payment_method": "cod",
    "ship_date": date(2026, 3, 3),
    "ship_from": time(10),
    "ship_till": time(14),
}


@pytest.fixture
def tea_shop(db: None) -> Iterator[Tenant]:
    """A company in scope, with its pipeline and a warehouse; the test rolls back."""
    tenant = Tenant.objects.create(slug="chai", name="Чайна")
    with tenant_scope(tenant.pk):
        set_up_inventory(now=NOW)
        set_up_orders(now=NOW)
        yield tenant


@pytest.fixture
def tea(tea_shop: Tenant) -> Variant:
    """Ten packs at 100.00, bought at 60.00."""
    return make_variant(
        "TEA", product="Чай", on_hand=10, price=Decimal(100), cost=Decimal(60), now=NOW
    )


@pytest.fixture
def cup(tea_shop: Tenant) -> Variant:
    """Two cups at 250.50."""
    return make_variant("CUP", product="Чашка", on_hand=2, price=Decimal("250.50"), now=NOW)


@pytest.fixture
def order(shop: Tenant) -> Order:
    """Olena's order of two cups, placed now, in `shop`."""
    make_variant("CUP", product="Чашка", on_hand=3, price=Decimal(310), cost=Decimal(100))
    return place_order(
        data=OrderInput(
            channel_code="site",
            lines=(LineInput(quantity=2, sku="CUP"),),
            buyer=BuyerInput(name="Олена Коваленко", phone="+380671234567"),
        ),
        actor=SYSTEM,
        now=timezone.now(),
    ).order


@pytest.fixture
def desk(client_of: Callable[[Membership], Client], manager: Membership) -> Client:
    """The manager's browser, in English."""
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    return client


def make_member(role: str = "manager", *, name: str = "Марія", **fields: Any) -> Membership:
    user = User.objects.create(email=f"{name}-{User.objects.count()}@example.com", full_name=name)
    return Membership.objects.create(user=user, role=role, display_name=name, **fields)


def order_input(*lines: tuple[str, int], **fields: Any) -> OrderInput:
    """An order from the site for Olena."""
    fields.setdefault("buyer", BuyerInput(name="Олена Петренко", phone="067 123 45 67"))
    fields.setdefault("channel_code", "site")
    return OrderInput(
        lines=tuple(LineInput(sku=sku, quantity=quantity) for sku, quantity in lines), **fields
    )


def place(*lines: tuple[str, int], now: datetime = NOW, **fields: Any) -> PlacedOrder:
    return place_order(data=order_input(*lines, **fields), actor=SYSTEM, now=now)


def settle(order: Order, **fields: Any) -> Order:
    """Fill in what an agreed order needs, and agree it."""
    edit_order(order_id=order.id, edit=OrderEdit({**AGREED, **fields}), actor=SYSTEM, now=NOW)
    return agree_order(order_id=order.id, actor=SYSTEM, now=NOW)


def bring_to_picking(order: Order, **fields: Any) -> Order:
    settle(order, **fields)
    return start_picking(order_id=order.id, actor=SYSTEM, now=NOW)


def bring_to_packed(order: Order, **fields: Any) -> Order:
    bring_to_picking(order, **fields)
    for item in PickItem.objects.filter(pick_list__order=order):
        item.picked = item.quantity
        item.save(update_fields=["picked"])
    return pack_order(order_id=order.id, parcel=ParcelInput(weight_g=500), actor=SYSTEM, now=NOW)


def bring_to_shipped(order: Order, **fields: Any) -> Order:
    bring_to_packed(order, **fields)
    return ship_order(order_id=order.id, actor=SYSTEM, now=NOW)
