"""`manage.py seed_demo`: the demo store, its neighbour, and who may sign in."""

import json
import os
import random
import time
from datetime import timedelta
from pathlib import Path

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from config.demo import company
from config.demo.catalogue import BOOKS, GOODS
from config.demo.history import History, write_history
from config.demo.shape import order_times
from config.demo.today import fill_pipeline
from crm.accounts.permissions import Role
from crm.outbox.drain import drain_tenant
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from customers.models import Customer
from customers.search import index_customers
from inventory.models import Variant
from orders.models import Order
from orders.search import index_orders

ZONE = "Europe/Kyiv"
NEIGHBOUR_STAFF = (
    ("owner", Role.OWNER, "Ніна Сусідка", False),
    ("manager", Role.MANAGER, "Олег Сусід", True),
    ("picker", Role.PICKER, "Лев Сусід", False),
)


SHOWN = ("owner@demo.kram", "manager@demo.kram", "picker@demo.kram", "owner@neighbour.kram")


def leave_logins(path: str | None) -> None:
    """Write down who may sign in, for the line that bin/serve ends its start with."""
    if path:
        logins = [{"email": email, "password": company.PASSWORD} for email in SHOWN]
        Path(path).write_text(json.dumps(logins))


class Command(BaseCommand):
    help = "Fill an empty database with a demo store of a year's orders and a small neighbour."

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where there is a company already"
        )
        parser.add_argument("--orders", type=int, default=3000, help="orders of the past year")

    def handle(self, *args, **options) -> None:
        if Tenant.objects.exists():
            if options["if_empty"]:
                return
            self.stderr.write("There are companies here already; nothing was added.")
            return
        began = time.monotonic()
        self._store(options["orders"])
        self._neighbour()
        leave_logins(os.environ.get("KRAM_DEMO_FILE"))
        self.stdout.write(f"Demo data are in ({time.monotonic() - began:.0f} s).")

    def _store(self, count: int) -> None:
        rnd = random.Random(2026)  # the same store on every machine
        now = timezone.now()
        year_ago = now - timedelta(days=365)
        tenant = Tenant.objects.create(slug="demo", name="Чайна Крамниця")
        with tenant_scope(tenant.pk):
            with transaction.atomic():
                company.begin_company(now=year_ago)
                members = company.hire(tenant, "demo.kram")
                company.note_founding(tenant, members["owner"], now=year_ago)
                company.open_channels(today=now.date())
                company.second_warehouse(now=year_ago)
                variants = company.stock_shelves(GOODS, now=year_ago)
                history = History(rnd, variants, list(members.values()))
                moments = order_times(
                    rnd,
                    first=year_ago.date(),
                    last=(now - timedelta(days=3)).date(),
                    total=count,
                    zone=ZONE,
                )
                write_history(history, moments, now=now)
                self.stdout.write(f"  {len(moments)} orders of the past year")
            with transaction.atomic():
                fill_pipeline(
                    rnd,
                    variants=history.wanted,
                    members=members,
                    people=history.people,
                    now=now,
                )
                self.stdout.write("  the last days' work")
            with transaction.atomic():
                index_customers(list(Customer.objects.values_list("id", flat=True)))
                index_orders(list(Order.objects.values_list("id", flat=True)))
        drain_tenant(tenant.pk, batches=200)

    def _neighbour(self) -> None:
        rnd = random.Random(7)
        now = timezone.now()
        tenant = Tenant.objects.create(slug="neighbour", name="Сусідня книгарня")
        with tenant_scope(tenant.pk), transaction.atomic():
            company.begin_company(now=now)
            members = company.hire(tenant, "neighbour.kram", NEIGHBOUR_STAFF)
            company.note_founding(tenant, members["owner"], now=now - timedelta(days=31))
            company.open_channels(today=now.date())
            company.stock_shelves(BOOKS, now=now - timedelta(days=30))
            variants = list(Variant.objects.select_related("product"))
            company.receive_all(variants, 40, now=now - timedelta(days=29))
            fill_pipeline(
                rnd,
                variants=variants,
                members=members,
                people=[],
                now=now,
                new=4,
                agreed=4,
                picking=2,
                packed=1,
                shipped=3,
            )
        drain_tenant(tenant.pk, batches=50)
