"""Many at once, on real connections. Each race has its control: no lock, and the harm happens."""

import random
from threading import Barrier, BrokenBarrierError, Event

import pytest
from django.db import IntegrityError, OperationalError, connection

from inventory import locks
from inventory.actions import reserve as reserving
from inventory.actions import stock as papers
from inventory.actions.reserve import (
    OutOfStock,
    Want,
    consume_demand,
    release_demand,
    reserve_lines,
)
from inventory.actions.setup import set_up_inventory
from inventory.actions.stock import CountedLine, ReceiptLine, correct_stock, receive_goods
from inventory.actions.warehouses import WarehouseError, create_warehouse, edit_warehouse
from inventory.factories import make_demand, make_variant
from inventory.models import Reservation, StockDocument, StockItem
from inventory.selectors.books import check_books

from .conftest import ACTOR, NOW

pytestmark = pytest.mark.slow
AT_ONCE = 20


def buy(demand_id, *wants, all_or_nothing=True):
    return lambda: reserve_lines(
        demand_id=demand_id,
        wants=[Want(line, pk, quantity) for line, (pk, quantity) in enumerate(wants, 1)],
        actor=ACTOR,
        now=NOW,
        all_or_nothing=all_or_nothing,
    )


def in_waves(committed, works):
    """Run all works, AT_ONCE of them at a time: what one server's connections allow."""
    results = []
    for start in range(0, len(works), AT_ONCE):
        results += committed.race(works[start : start + AT_ONCE])
    return results


def unlocked(variant_ids, meeting=None):
    """lock_stock with the lock taken out; `meeting` makes all read before any writes."""
    with connection.cursor() as cursor:
        cursor.execute(
            locks._LOCK.replace("FOR NO KEY UPDATE OF s", ""),
            [locks.current_tenant_id(), sorted(set(variant_ids))],
        )
        items = {row[0]: locks.LockedItem(*row) for row in cursor.fetchall()}
    if meeting:
        try:
            meeting.wait(5)
        except BrokenBarrierError:
            pass
    return items


def stock_of(committed, count=1, on_hand=10):
    return committed.run(
        lambda: [make_variant(f"SKU-{n}", on_hand=on_hand).pk for n in range(count)]
    )


def demands(committed, count):
    return committed.run(lambda: [make_demand(n).pk for n in range(1, count + 1)])


def assert_books(committed):
    assert committed.run(lambda: check_books().faults) == []


def test_200_buyers_of_10_units_get_exactly_10(committed):
    (tea,) = stock_of(committed)
    results = in_waves(committed, [buy(pk, (tea, 1)) for pk in demands(committed, 200)])

    refused = [result for result in results if isinstance(result, OutOfStock)]
    assert len(refused) == 190
    assert len([r for r in results if not isinstance(r, Exception)]) == 10
    held = committed.run(lambda: list(Reservation.objects.values_list("state", "quantity")))
    assert held == [("held", 1)] * 10
    assert_books(committed)


def test_control_without_the_lock_more_is_promised_than_there_is(committed, monkeypatch):
    """Eleven read the same ten free units; only the database's CHECK stands in the way."""
    (tea,) = stock_of(committed)
    buyers = demands(committed, 11)
    meeting = Barrier(11)
    monkeypatch.setattr(reserving, "lock_stock", lambda ids: unlocked(ids, meeting))

    results = committed.race([buy(pk, (tea, 1)) for pk in buyers])

    assert not any(isinstance(result, OutOfStock) for result in results)  # all were promised
    assert len([r for r in results if isinstance(r, IntegrityError)]) == 1  # the last line held


def test_three_lines_in_any_order_never_wait_in_a_circle(committed):
    skus = stock_of(committed, count=6, on_hand=1000)
    chance = random.Random(7)
    works = []
    for pk in demands(committed, 80):
        works.append(buy(pk, *[(sku, 1) for sku in chance.sample(skus, 3)]))

    results = in_waves(committed, works)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert_books(committed)


def test_control_locks_taken_line_by_line_deadlock(committed, monkeypatch):
    """Two demands with the same two goods in opposite order, each locking as it goes."""
    one, two = stock_of(committed, count=2)
    first, second = demands(committed, 2)
    meeting = Barrier(2)

    def line_by_line(order):
        def work():
            for place, pk in enumerate(order):
                locks.lock_stock([pk])
                if place == 0:
                    meeting.wait(10)

        return work

    results = committed.race([line_by_line([one, two]), line_by_line([two, one])])

    assert [type(r) for r in results if r is not None] == [OperationalError]
    fine = committed.race([buy(first, (one, 1), (two, 1)), buy(second, (two, 1), (one, 1))])
    assert not any(isinstance(result, Exception) for result in fine)


def filling_and_cancelling(committed):
    """Two units come in for №1 while №1 is cancelled; №2 waits behind it."""
    (tea,) = stock_of(committed, on_hand=0)
    first, second = demands(committed, 2)
    place = committed.run(lambda: set_up_inventory(now=NOW).pk)
    for demand in (first, second):
        committed.run(buy(demand, (tea, 2), all_or_nothing=False))
    return [
        lambda: receive_goods(
            warehouse_id=place, lines=[ReceiptLine(tea, 2)], actor=ACTOR, now=NOW
        ),
        lambda: release_demand(demand_id=first, actor=ACTOR, now=NOW),
    ]


@pytest.mark.parametrize("turn", range(6))
def test_a_receipt_and_a_cancel_agree_whoever_comes_first(committed, turn):
    works = filling_and_cancelling(committed)
    results = committed.race(works if turn % 2 else works[::-1])

    assert not any(isinstance(result, Exception) for result in results)
    rows = committed.run(
        lambda: sorted(Reservation.objects.values_list("demand__number", "state", "quantity"))
    )
    assert rows == [(1, "released", 2), (2, "held", 2)]
    assert_books(committed)


def test_control_without_the_lock_cancelled_goods_stay_held(committed, monkeypatch):
    works = filling_and_cancelling(committed)
    meeting = Barrier(2)
    # Both have read №1's waiting row before either writes it.
    for module in (reserving, papers):
        monkeypatch.setattr(module, "lock_stock", lambda ids: unlocked(ids))
    update_waits(monkeypatch, meeting)

    committed.race(works)

    assert committed.run(lambda: check_books().faults) != []


def update_waits(monkeypatch, meeting):
    """Make the receipt and the cancel meet between reading and writing the reservations."""
    fill, read = papers.fill_waiting, reserving._lock_live

    def fill_late(*args, **kwargs):
        gained = fill(*args, **kwargs)
        meeting.wait(5)
        return gained

    def read_then_wait(*args):
        found = read(*args)
        meeting.wait(5)
        return found

    monkeypatch.setattr(papers, "fill_waiting", fill_late)
    monkeypatch.setattr(reserving, "_lock_live", read_then_wait)


def test_one_receipt_sent_many_times_is_one_document(committed):
    (tea,) = stock_of(committed, on_hand=0)
    place = committed.run(lambda: set_up_inventory(now=NOW).pk)

    results = committed.race(
        [
            lambda: (
                receive_goods(
                    warehouse_id=place,
                    lines=[ReceiptLine(tea, 5)],
                    token="form-1",
                    actor=ACTOR,
                    now=NOW,
                ).pk
            )
        ]
        * 8
    )

    assert len(set(results)) == 1
    assert committed.run(lambda: StockDocument.objects.count()) == 1
    assert_books(committed)


def test_shipping_counting_and_buying_at_once_keep_the_books(committed):
    skus = stock_of(committed, count=3, on_hand=50)
    place = committed.run(lambda: set_up_inventory(now=NOW).pk)
    shipped = demands(committed, 20)
    for pk in shipped:
        committed.run(buy(pk, *[(sku, 1) for sku in skus]))
    fresh = committed.run(lambda: [make_demand(100 + n).pk for n in range(20)])
    chance = random.Random(3)
    works = [lambda pk=pk: consume_demand(demand_id=pk, actor=ACTOR, now=NOW) for pk in shipped]
    works += [buy(pk, *[(sku, 1) for sku in chance.sample(skus, 2)]) for pk in fresh]
    works += [
        lambda sku=sku: correct_stock(
            warehouse_id=place, lines=[CountedLine(sku, delta=1)], actor=ACTOR, now=NOW
        )
        for sku in skus * 6
    ]
    chance.shuffle(works)

    results = in_waves(committed, works)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert_books(committed)
    totals = committed.run(
        lambda: list(StockItem.objects.order_by("id").values_list("on_hand", flat=True))
    )
    assert totals == [50 - 20 + 6] * 3


def test_a_warehouse_is_not_closed_over_goods_on_their_way(committed, monkeypatch):
    (tea,) = stock_of(committed)
    place = committed.run(
        lambda: create_warehouse(name="Львів", code="lviv", actor=ACTOR, now=NOW).pk
    )
    on_its_way, closed = Event(), Event()
    lock = papers.lock_stock

    def lock_later(variant_ids):
        on_its_way.set()
        closed.wait(1)  # nobody can, while the paper is written
        return lock(variant_ids)

    def receive():
        line = ReceiptLine(tea, 5)
        return receive_goods(warehouse_id=place, lines=[line], actor=ACTOR, now=NOW)

    def close():
        on_its_way.wait(5)
        edit_warehouse(warehouse_id=place, changes={"is_active": False}, actor=ACTOR, now=NOW)
        closed.set()

    monkeypatch.setattr(papers, "lock_stock", lock_later)
    received, refused = committed.race([receive, close])
    assert isinstance(received, StockDocument)
    assert isinstance(refused, WarehouseError)
    assert refused.code == "has_goods"
