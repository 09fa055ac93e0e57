"""A company with every kind of row, its archive, and somebody who may be given a company."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from config.archive.tables import CARRIED
from crm.accounts.models import Membership, User
from crm.audit.actor import Actor
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from inventory.factories import make_variant
from messaging.models import OutgoingMessage
from orders.actions.payments import record_payment, record_refund
from orders.actions.place import place_order
from orders.actions.transition import ReturnInput, deliver_order, return_order
from orders.inputs import BuyerInput, LineInput, OrderInput, PaymentInput
from orders.models import Order, OrderLine, Status
from tests.fixtures.cast import PASSWORD, found_company, hire
from tests.matrix.world import fill
from tests.orders.conftest import bring_to_shipped
from tests.tenancy.rows import make_row


def fill_everything(tenant: Tenant, owner: Membership, *, orders: int) -> None:
    """Rows of every kind that archives carry, by actions as far as they go. Needs the scope."""
    now = timezone.now()
    by = {"actor": Actor.member(owner), "now": now}
    fill(tenant, owner, orders=orders)
    price = Decimal("250.50")
    variant = make_variant(f"CUP-{tenant.slug}", on_hand=9, price=price, cost=Decimal(9))
    sold = []
    for place in range(2):
        data = OrderInput(
            lines=(LineInput(sku=variant.sku, quantity=2),),
            buyer=BuyerInput(name="Марія «Ї»\t\\n", phone=f"050{tenant.pk % 1000:03d}{place:04d}"),
            channel_code="site",
            external_id=f"{tenant.slug}-{place}",
            tags=("подарунок",),
        )
        sold.append(bring_to_shipped(place_order(data=data, **by).order))
    record_payment(
        order_id=sold[0].pk, payment=PaymentInput(amount=Decimal("501.00"), method="card"), **by
    )
    deliver_order(order_id=sold[0].pk, **by)
    line = OrderLine.objects.get(order=sold[0])
    return_order(
        order_id=sold[0].pk, lines=[ReturnInput(line.pk, 1, restock=True)], reason="Тріснула", **by
    )
    record_refund(order_id=sold[0].pk, payment=PaymentInput(amount=price, method="card"), **by)
    # An order that refers to one that comes after it, a move allowed by ids in an array, and a
    # letter that waits.
    first = Order.objects.earliest("pk")
    Order.objects.filter(pk=first.pk).update(duplicate_of=Order.objects.latest("pk"))
    statuses = list(Status.objects.order_by("pk"))
    Status.objects.filter(pk=statuses[0].pk).update(next_ids=[statuses[1].pk])
    due = now + timedelta(hours=1)
    OutgoingMessage.objects.update(state="waiting", next_at=due)
    for table in CARRIED:
        if not table.model.objects.exists():
            make_row(table.model)


@pytest.fixture
def source(transactional_db) -> Tenant:
    """A company with everything, beside a neighbour with as much."""
    for slug, orders in (("neighbour", 3), ("shop", 2)):
        tenant = found_company(slug, slug.title())
        with tenant_scope(tenant.pk), transaction.atomic():
            fill_everything(tenant, hire(tenant, "owner"), orders=orders)
    return tenant


@pytest.fixture
def heir(transactional_db) -> User:
    """Somebody who signs in and is a member of no company."""
    return User.objects.create_user("heir@example.com", PASSWORD, full_name="Нова Власниця")


@pytest.fixture
def archive(source, tmp_path) -> Path:
    path = tmp_path / "shop.zip"
    call_command("export_company", source.slug, str(path))
    return path


@pytest.fixture
def rewrite(tmp_path) -> Callable[..., Path]:
    """Copy an archive, each file of it through `change(name, bytes)`."""

    def copy(source: Path, change: Callable[[str, bytes], bytes]) -> Path:
        target = tmp_path / "changed.zip"
        with ZipFile(source) as old, ZipFile(target, "w") as new:
            for name in old.namelist():
                new.writestr(name, change(name, old.read(name)))
        return target

    return copy
