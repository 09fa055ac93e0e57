"""The demo companies themselves: people who work there, goods, warehouses, channels."""

import random
from datetime import datetime

from django.utils import translation

from config.demo.catalogue import Goods
from crm.accounts.models import ALL_DAYS, Membership, User
from crm.accounts.permissions import Role
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.models import Tenant
from inventory.actions.catalogue import NewVariant, create_product
from inventory.actions.setup import set_up_inventory
from inventory.actions.stock import ReceiptLine, receive_goods
from inventory.actions.warehouses import create_warehouse
from inventory.models import Variant
from orders.actions.setup import set_up_orders
from orders.models import Channel, ChannelKind, ExchangeRate

PASSWORD = "kram-demo-2026"  # noqa: S105 - printed at the start for everybody to try
ACTOR = Actor.system("demo")

STAFF = (
    ("owner", Role.OWNER, "Оксана Лозова", False),
    ("manager", Role.MANAGER, "Марія Гнатюк", True),
    ("iryna", Role.MANAGER, "Ірина Собко", True),
    ("taras", Role.MANAGER, "Тарас Вовк", True),
    ("lead", Role.WAREHOUSE_LEAD, "Степан Коваль", False),
    ("picker", Role.PICKER, "Петро Ткач", False),
    ("yura", Role.PICKER, "Юрко Білик", False),
    ("analyst", Role.ANALYST, "Анна Рибак", False),
)
CHANNELS = (
    ("rozetka", "Rozetka", ChannelKind.MARKETPLACE),
    ("prom", "Prom.ua", ChannelKind.MARKETPLACE),
    ("instagram", "Instagram", ChannelKind.MESSENGER),
    ("viber", "Viber", ChannelKind.MESSENGER),
)


def begin_company(*, now: datetime) -> None:
    """Set up the company in scope as sign-up does, in its own language."""
    with translation.override("uk"):
        set_up_inventory(now=now)
        set_up_orders(now=now)


def hire(tenant: Tenant, domain: str, staff=STAFF) -> dict[str, Membership]:
    """Give the company its people; they work every day, so that the demo is alive at any hour."""
    members = {}
    for login, role, name, takes_orders in staff:
        user = User.objects.create_user(
            email=f"{login}@{domain}",
            password=PASSWORD,
            full_name=name,
            language="uk",
            company_ids=[tenant.pk],
            email_verified_at=tenant.created_at,
        )
        members[login] = Membership.objects.create(
            user=user,
            role=role,
            display_name=name,
            takes_orders=takes_orders,
            work_days=ALL_DAYS,
            work_start="00:00",
            work_end="23:59:59",
        )
    return members


def note_founding(tenant: Tenant, owner: Membership, *, now: datetime) -> None:
    """Leave the first line of the journal, as sign-up does."""
    record("company.created", tenant, actor=Actor.member(owner), now=now)


def open_channels(*, today) -> None:
    """Where this store sells besides its site and phone, and what money it meets."""
    Channel.objects.bulk_create(
        [Channel(code=code, name=name, kind=kind) for code, name, kind in CHANNELS]
    )
    ExchangeRate.objects.bulk_create(
        [
            ExchangeRate(currency="EUR", rate="48.60", since=today.replace(month=1, day=1)),
            ExchangeRate(currency="USD", rate="41.70", since=today.replace(month=1, day=1)),
        ]
    )


def stock_shelves(goods: tuple[Goods, ...], *, now: datetime) -> list[Variant]:
    """Put the catalogue in; the warehouse's shelves are still empty."""
    rnd = random.Random(7)
    code = 482_000_000_000
    for item in goods:
        variants = []
        for option in item.options:
            code += rnd.randint(1, 99)
            variants.append(
                NewVariant(
                    sku="-".join(filter(None, (item.sku, option.code))),
                    name=option.name,
                    price=option.price,
                    cost=option.cost,
                    weight_g=option.weight_g,
                    barcodes=(_ean13(code),),
                )
            )
        create_product(
            name=item.name,
            brand=item.brand,
            category=item.category,
            picture=f"img/demo/{item.picture}.svg",
            variants=variants,
            actor=ACTOR,
            now=now,
        )
    return list(Variant.objects.select_related("product").order_by("id"))


def second_warehouse(*, now: datetime):
    return create_warehouse(name="Склад у Львові", code="lviv", priority=20, actor=ACTOR, now=now)


def _ean13(number: int) -> str:
    digits = f"{number:012d}"
    total = sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(digits))
    return digits + str(-total % 10)


def receive_all(variants: list[Variant], units: int, *, now: datetime) -> None:
    """One delivery with so many units of everything."""
    receive_goods(
        warehouse_id=set_up_inventory(now=now).pk,
        lines=[ReceiptLine(variant.pk, units) for variant in variants],
        actor=ACTOR,
        now=now,
    )
