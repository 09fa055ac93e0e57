"""A company with people, goods and committed rows, for tests in which a real server answers."""

import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from crm.accounts.models import Membership, User
from crm.accounts.permissions import Role
from crm.api.actions import create_key
from crm.audit.actor import Actor
from crm.outbox.drain import drain_tenant
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from inventory.factories import make_variant
from inventory.models import StockItem, Variant
from orders.actions.place import place_order
from orders.inputs import BuyerInput, DeliveryInput, LineInput, OrderInput
from orders.models import Order
from tests.fixtures.cast import PASSWORD, found_company, hire

ROLES = (Role.OWNER, Role.MANAGER, Role.WAREHOUSE_LEAD, Role.PICKER)
SYSTEM = Actor.system("test")


@dataclass
class World:
    """`read(func)` runs a function in the company's scope and in one transaction."""

    company: Tenant
    people: dict[str, Membership] = field(default_factory=dict)
    variants: dict[str, Variant] = field(default_factory=dict)
    key: str = ""
    password: str = PASSWORD

    @contextmanager
    def inside(self) -> Any:
        with tenant_scope(self.company.pk), transaction.atomic():
            yield

    def read(self, func: Callable[[], Any]) -> Any:
        with self.inside():
            return func()

    def order(self, number: int) -> Order:
        return self.read(
            lambda: Order.objects.select_related("status", "customer").get(number=number)
        )

    def stock(self, sku: str) -> tuple[int, int]:
        """(on hand, reserved) over all warehouses."""
        with self.inside():
            items = StockItem.objects.filter(variant=self.variants[sku])
            return (
                sum(item.on_hand for item in items),
                sum(item.reserved for item in items),
            )

    def place(self, *lines: tuple[str, int], **more: Any) -> Order:
        """An order from the storefront, placed by the action."""
        buyer = more.pop("buyer", BuyerInput(name="Олена Коваленко", phone="+380671234567"))
        delivery = more.pop("delivery", DeliveryInput())
        with tenant_scope(self.company.pk):
            data = OrderInput(
                channel_code="site",
                lines=tuple(LineInput(quantity=n, sku=sku) for sku, n in lines),
                buyer=buyer,
                delivery=delivery,
                **more,
            )
            return place_order(data=data, actor=SYSTEM, now=timezone.now()).order


def make_world() -> World:
    """A shop with its people, three goods on the shelf, and an API key."""
    now = timezone.now()
    company = found_company("shop", "Крамниця")
    world = World(company)
    with world.inside():
        for role in ROLES:
            extra = {"takes_orders": True} if role == Role.MANAGER else {}
            world.people[role] = hire(company, role, name=f"{role.value.title()} Тест", **extra)
        User.objects.update(language="en")
        for sku, name, price, units, cell in (
            ("CUP-1", "Чашка «Поділля»", "310.00", 10, "A-01"),
            ("TEA-1", "Чай «Полонина»", "120.50", 20, "B-02"),
            ("POT-1", "Чайник теракотовий", "890.00", 1, "C-03"),
        ):
            variant = make_variant(
                sku, product=name, on_hand=units, price=Decimal(price), barcodes=(f"482{sku}",)
            )
            StockItem.objects.filter(variant=variant).update(cell=cell)
            world.variants[sku] = variant
        _key, world.key = create_key(
            name="Storefront",
            scopes=["orders:read", "orders:write"],
            actor=SYSTEM,
            now=now,
        )
    return world


class Worker(threading.Thread):
    """Delivers the company's events, as the product's worker does."""

    def __init__(self, tenant_id: int) -> None:
        super().__init__(daemon=True)
        self.tenant_id = tenant_id
        self.ended = threading.Event()
        self.failed: list[BaseException] = []

    def run(self) -> None:
        while not self.ended.wait(0.15):
            try:
                drain_tenant(self.tenant_id)
            except Exception as error:
                self.failed.append(error)
                break
        connections.close_all()

    def stop(self) -> None:
        self.ended.set()
        self.join(timeout=20)
