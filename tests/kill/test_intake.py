"""Web and worker end by SIGKILL in the middle of a storm of orders; storefronts push again."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from crm.api.actions import create_key
from crm.api.models import IdempotencyRecord
from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.outbox.models import OutboxEvent
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Counter, Tenant
from inventory.factories import make_variant
from inventory.models import StockItem
from orders.models import Order, OrderLine, OrderSearch
from tests.fixtures.cast import found_company
from tests.kill.storm import DONE, Product, Storefronts, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "system"]),
]
ORDERS = 90
KILL_AT = (20, 50)
RARE = 30  # units of the good that runs out


class Store:
    """A stored company with a key, one good in plenty and one that runs out."""

    def __init__(self) -> None:
        self.tenant: Tenant = found_company("storm", "Буря")
        self.key: str = self.run(self._fill)

    def _fill(self) -> str:
        now = timezone.now()
        make_variant("PLENTY", on_hand=1000, now=now)
        make_variant("RARE", on_hand=RARE, now=now)
        scopes = ["orders:read", "orders:write"]
        return create_key(name="Site", scopes=scopes, actor=Actor.system(), now=now)[1]

    def run(self, work: Any) -> Any:
        with tenant_scope(self.tenant.pk), transaction.atomic():
            return work()


def body_of(number: int) -> dict[str, Any]:
    lines = [{"sku": "PLENTY", "quantity": 2}, {"sku": "RARE", "quantity": 1}]
    return {
        "channel": "site",
        "customer": {"name": "Олена", "phone": f"067 {number:07}"},
        "lines": lines if number % 2 else lines[::-1],
    }


@pytest.fixture
def store(transactional_db: None) -> Store:
    return Store()


@pytest.fixture
def product() -> Iterator[Product]:
    product = Product()
    try:
        yield product
    finally:
        product.kill()


def test_every_order_is_stored_once_whatever_is_killed(store, product):
    product.start()
    clients = Storefronts(product.port, store.key)
    threads = clients.push(ORDERS, body_of)
    try:
        for answered in KILL_AT:
            assert wait_for(lambda answered=answered: clients.answered >= answered, 120)
            product.kill()
            assert clients.answered < ORDERS, "killed in the middle"
            product.start()
        for thread in threads:
            thread.join(180)
    finally:
        clients.stop()

    answers = {number: got for number, (got, *more) in clients.answers.items() if not more}
    assert len(answers) == ORDERS
    assert [body for status, body in answers.values() if status not in DONE] == []
    assert clients.torn > ORDERS // 3, "answers were lost, and asked for again"
    told = sorted(body["number"] for _status, body in answers.values())
    assert told == list(range(1, ORDERS + 1))  # nobody was told of another's order, none is lost
    store.run(assert_stored_once)
    call_command("verify_stock", company="storm")

    def is_drained() -> bool:
        current_app.send_task("outbox.sweep")
        return not store.run(OutboxEvent.objects.exists)

    assert wait_for(is_drained, 120)
    found = store.run(lambda: set(OrderSearch.objects.values_list("order_id", flat=True)))
    assert len(found) == ORDERS


def assert_stored_once() -> None:
    numbers = Order.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, ORDERS + 1))
    assert Counter.objects.get(kind="order").last == ORDERS
    assert OrderLine.objects.count() == 2 * ORDERS
    assert IdempotencyRecord.objects.count() == ORDERS
    assert AuditEntry.objects.filter(action="order.placed").count() == ORDERS
    reserved = dict(StockItem.objects.values_list("variant__sku", "reserved"))
    assert reserved == {"PLENTY": 2 * ORDERS, "RARE": RARE}
    assert Order.objects.filter(is_short=True).count() == ORDERS - RARE


def test_control_without_keys_what_was_not_answered_is_stored_twice(store, product):
    product.start()
    clients = Storefronts(product.port, store.key, keyed=False)
    assert wait_for(lambda: clients.is_served(), 60)
    for thread in clients.push(12, body_of):
        thread.join(120)
    clients.stop()
    assert len(clients.answers) == 12
    assert wait_for(lambda: store.run(Order.objects.count) > 12, 10)
