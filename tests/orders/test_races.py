"""Buyers who come all at once, through the one way in. Each race has its control."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from threading import Barrier, BrokenBarrierError, Semaphore, Thread
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction

from crm.audit.models import AuditEntry
from crm.outbox.models import OutboxEvent
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Counter, Tenant
from customers.models import Customer
from inventory import locks
from inventory.actions import reserve as reserving
from inventory.actions.reserve import OutOfStock
from inventory.actions.setup import set_up_inventory
from inventory.factories import make_variant
from inventory.models import Demand, Reservation, StockItem
from inventory.selectors.books import check_books
from orders.actions import _config
from orders.actions import place as placing
from orders.actions.place import PlacedOrder, place_order
from orders.actions.setup import set_up_orders
from orders.inputs import BuyerInput
from orders.models import Order, OrderLine, OrderTransition

from .conftest import NOW, SYSTEM, order_input

pytestmark = pytest.mark.slow
CONNECTIONS = 25  # at once; the server is shared with other test runs
Work = Callable[[], Any]


class Rush:
    """A store whose rows are really stored, and threads with connections of their own."""

    def __init__(self) -> None:
        self.tenant = Tenant.objects.create(slug="rush", name="Розпродаж")
        self.run(lambda: (set_up_inventory(now=NOW), set_up_orders(now=NOW)))

    def run(self, work: Work) -> Any:
        with tenant_scope(self.tenant.pk), transaction.atomic():
            return work()

    def all_at_once(self, works: list[Work], *, seconds: float = 120) -> list[Any]:
        """Start every work together; return what each gave or raised."""
        results: list[Any] = [None] * len(works)
        seats = Semaphore(CONNECTIONS)
        start = Barrier(len(works))

        def one(place: int) -> None:
            start.wait(seconds)
            with seats:
                try:
                    results[place] = self.run(works[place])
                except Exception as error:  # told to the test, whatever it is
                    results[place] = error
                finally:
                    connections.close_all()

        threads = [Thread(target=one, args=(n,), daemon=True) for n in range(len(works))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(seconds)
            assert not thread.is_alive(), "a buyer hangs"
        return results

    def stock(self, count: int = 1, *, on_hand: int = 10) -> list[str]:
        skus = [f"TEA-{n}" for n in range(count)]
        self.run(
            lambda: [
                make_variant(sku, on_hand=on_hand, price=Decimal(100), now=NOW) for sku in skus
            ]
        )
        return skus

    def assert_whole(self, orders: int) -> None:
        """The books balance, numbers have no gap, and no row is left of a refused order."""

        def check() -> None:
            assert check_books().faults == []
            numbers = list(Order.objects.order_by("number").values_list("number", flat=True))
            assert numbers == list(range(1, orders + 1))
            assert Counter.objects.get(kind="order").last == orders
            assert Demand.objects.count() == orders
            assert OrderTransition.objects.count() == orders
            assert AuditEntry.objects.filter(action="order.placed").count() == orders
            assert OutboxEvent.objects.filter(topic="order.placed").count() == orders
            ids = set(Order.objects.values_list("id", flat=True))
            assert set(OrderLine.objects.values_list("order_id", flat=True)) <= ids

        self.run(check)


@pytest.fixture
def rush(transactional_db: None) -> Rush:
    return Rush()


def buy(buyer: int, *wants: tuple[str, int], all_or_nothing: bool = True, **fields: Any) -> Work:
    fields.setdefault("buyer", BuyerInput(name="Покупець", phone=f"067{buyer:07}"))
    data = order_input(*wants, all_or_nothing=all_or_nothing, **fields)
    return lambda: place_order(data=data, actor=SYSTEM, now=NOW)


def split(results: list[Any]) -> tuple[list[PlacedOrder], list[Exception]]:
    return (
        [r for r in results if isinstance(r, PlacedOrder)],
        [r for r in results if isinstance(r, Exception)],
    )


def read_unlocked(meeting: Barrier | None) -> Callable[[Any], dict[int, locks.LockedItem]]:
    """lock_stock with the lock taken out; at `meeting` all have read and none has written."""

    def read(variant_ids: Any) -> dict[int, locks.LockedItem]:
        with connection.cursor() as cursor:
            cursor.execute(
                locks._LOCK.replace("FOR NO KEY UPDATE OF s", ""),
                [locks.current_tenant_id(), sorted(set(variant_ids))],
            )
            items = {row[0]: locks.LockedItem(*row) for row in cursor.fetchall()}
        if meeting is not None:
            try:
                meeting.wait(10)
            except BrokenBarrierError:
                pass
        return items

    return read


def test_200_buyers_of_10_units_get_exactly_10(rush):
    (tea,) = rush.stock()

    placed, refused = split(rush.all_at_once([buy(n, (tea, 1)) for n in range(200)]))

    assert len(placed) == 10
    assert len(refused) == 190
    assert {type(error) for error in refused} == {OutOfStock}
    assert {tuple(error.short.items()) for error in refused} == {((0, 1),)}  # told which line
    rush.assert_whole(10)
    item = rush.run(lambda: StockItem.objects.values("on_hand", "reserved").get())
    assert item == {"on_hand": 10, "reserved": 10}
    assert rush.run(Customer.objects.count) == 10


def test_control_without_the_lock_eleven_are_promised_ten_units(rush, monkeypatch):
    (tea,) = rush.stock()
    monkeypatch.setattr(reserving, "lock_stock", read_unlocked(Barrier(11)))

    placed, refused = split(rush.all_at_once([buy(n, (tea, 1)) for n in range(11)]))

    # Nobody is told that it is sold out: one is broken by the last line of defence, the CHECK.
    assert len(placed) == 10
    assert [type(error) for error in refused] == [IntegrityError]
    assert "inventory_stockitem" in str(refused[0])


def test_three_lines_in_any_order_never_deadlock(rush):
    skus = rush.stock(6, on_hand=40)
    chance = random.Random(11)
    works = [buy(n, *[(sku, 1) for sku in chance.sample(skus, 3)]) for n in range(100)]

    placed, refused = split(rush.all_at_once(works))

    # 100 orders of 3 ask for 300 units of 240: some are told, none is torn.
    assert {type(error) for error in refused} <= {OutOfStock}
    assert len(placed) + len(refused) == 100
    assert len(placed) >= 60
    rush.assert_whole(len(placed))
    held = rush.run(lambda: list(Reservation.objects.values_list("state", "quantity")))
    assert held == [("held", 1)] * (3 * len(placed))


def test_control_locks_taken_line_by_line_deadlock(rush, monkeypatch):
    """The same two goods in opposite order, each line locked as it comes."""
    one, two = rush.stock(2)
    meeting = Barrier(2)
    lock_together = locks.lock_stock
    turn = threading.local()

    def lock_in_the_buyers_order(variant_ids: Any) -> dict[int, locks.LockedItem]:
        items: dict[int, locks.LockedItem] = {}
        for place, pk in enumerate(sorted(variant_ids, reverse=turn.backwards)):
            items |= lock_together([pk])
            if place == 0:
                meeting.wait(10)
        return items

    def buyer(n: int, *, backwards: bool) -> Work:
        work = buy(n, (one, 1), (two, 1))

        def run() -> Any:
            turn.backwards = backwards
            return work()

        return run

    monkeypatch.setattr(reserving, "lock_stock", lock_in_the_buyers_order)
    placed, refused = split(rush.all_at_once([buyer(1, backwards=False), buyer(2, backwards=True)]))
    assert [type(error) for error in refused] == [OperationalError]
    assert len(placed) == 1


def test_the_same_order_pushed_16_times_at_once_is_one_order(rush):
    (tea,) = rush.stock()
    push = buy(1, (tea, 2), external_id="shop-77")

    placed, refused = split(rush.all_at_once([push] * 16))

    assert refused == []
    assert len({p.order.id for p in placed}) == 1
    assert sum(p.created for p in placed) == 1
    rush.assert_whole(1)
    assert rush.run(lambda: StockItem.objects.get().reserved) == 2


def test_control_without_the_lock_the_losers_are_told_of_a_fault(rush, monkeypatch):
    (tea,) = rush.stock()
    meeting = Barrier(4)
    draw = placing.draw_ids

    def draw_together(*wanted: Any, **more: Any) -> Any:
        drawn = draw(*wanted, **more)
        try:
            meeting.wait(10)
        except BrokenBarrierError:
            pass
        return drawn

    monkeypatch.setattr(_config, "lock_id", lambda code, external_id: random.getrandbits(60))
    monkeypatch.setattr(placing, "draw_ids", draw_together)
    push = buy(1, (tea, 2), external_id="shop-77")

    placed, refused = split(rush.all_at_once([push] * 4))

    assert len(placed) == 1
    assert [type(error) for error in refused] == [IntegrityError] * 3
    assert all("orders_order_external" in str(error) for error in refused)
    rush.assert_whole(1)


def test_what_is_committed_between_the_look_and_the_lock_is_seen(rush, monkeypatch):
    (tea,) = rush.stock()
    push = buy(1, (tea, 2), external_id="shop-77")
    read = placing.read_intake

    def read_too_early(**asked: Any) -> Any:
        found = read(**asked)
        monkeypatch.setattr(placing, "read_intake", read)
        return replace(found, known_order_id=None, known_hash=None)

    first = rush.run(push)
    monkeypatch.setattr(placing, "read_intake", read_too_early)
    again = rush.run(push)

    assert placing.read_intake is read
    assert (first.created, again.created) == (True, False)
    assert again.order.id == first.order.id
    rush.assert_whole(1)


def test_one_buyer_ordering_many_times_at_once_is_one_customer(rush):
    (tea,) = rush.stock(on_hand=100)

    placed, refused = split(rush.all_at_once([buy(1, (tea, n)) for n in range(1, 11)]))

    assert refused == []
    assert rush.run(Customer.objects.count) == 1
    rush.assert_whole(len(placed))
