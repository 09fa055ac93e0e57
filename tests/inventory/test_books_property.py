"""Whatever is done in whatever order, the books agree after each step."""

from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.actions.adjust import set_wants
from inventory.actions.reserve import (
    OutOfStock,
    Want,
    consume_demand,
    release_demand,
    reserve_lines,
)
from inventory.actions.returns import take_back
from inventory.actions.stock import (
    CountedLine,
    ReceiptLine,
    StockError,
    TakenLine,
    correct_stock,
    receive_goods,
    write_off,
)
from inventory.actions.warehouses import create_warehouse
from inventory.factories import make_demand, make_variant
from inventory.models import Demand, Reservation, StockItem, StockMovement, Variant, Warehouse
from inventory.selectors import prove_item
from inventory.selectors.books import check_books

from .conftest import ACTOR, NOW

WHO = {"actor": ACTOR, "now": NOW}
goods, places = st.integers(0, 1), st.integers(0, 1)
units = st.integers(1, 6)
steps = st.one_of(
    st.tuples(st.just("receive"), places, goods, units),
    st.tuples(st.just("write_off"), places, goods, units),
    st.tuples(st.just("count"), places, goods, st.integers(0, 8)),
    st.tuples(st.just("reserve"), st.booleans(), goods, units, goods, units),
    st.tuples(st.just("release"), st.integers(0, 5)),
    st.tuples(st.just("release_line"), st.integers(0, 5)),
    st.tuples(st.just("consume"), st.integers(0, 5)),
    st.tuples(st.just("take_back"), st.integers(0, 5), units, st.booleans()),
    st.tuples(st.just("edit"), st.integers(0, 5), goods, units),
)


def do(step, variants, warehouses):
    """One step as its action; refusals are answers too."""
    name, *args = step
    if name in {"receive", "write_off", "count"}:
        place, good, amount = args
        where, pk = warehouses[place].pk, variants[good].pk
        if name == "receive":
            receive_goods(warehouse_id=where, lines=[ReceiptLine(pk, amount)], **WHO)
        elif name == "write_off":
            write_off(warehouse_id=where, lines=[TakenLine(pk, amount)], **WHO)
        else:
            correct_stock(warehouse_id=where, lines=[CountedLine(pk, counted=amount)], **WHO)
    elif name == "reserve":
        strict, *pairs = args
        wants = [
            Want(1, variants[pairs[0]].pk, pairs[1]),
            Want(2, variants[pairs[2]].pk, pairs[3]),
        ]
        demand = make_demand(Demand.objects.count() + 1)
        reserve_lines(demand_id=demand.pk, wants=wants, all_or_nothing=strict, **WHO)
    else:
        demands = list(Demand.objects.order_by("id"))
        if not demands:
            return
        demand = demands[args[0] % len(demands)]
        if name == "release":
            release_demand(demand_id=demand.pk, **WHO)
        elif name == "release_line":
            release_demand(demand_id=demand.pk, lines=[1], **WHO)
        elif name == "consume":
            consume_demand(demand_id=demand.pk, **WHO)
        elif name == "edit":
            if not Reservation.objects.filter(demand=demand, state="consumed").exists():
                wants = [Want(1, variants[args[1]].pk, args[2])]
                set_wants(demand_id=demand.pk, wants=wants, **WHO)
        else:
            return_once(demand, *args[1:])


def return_once(demand, amount, restock):
    """Bring back at most what line 1 was shipped; the caller's check is the order's."""
    shipped = Reservation.objects.filter(demand=demand, state="consumed", line=1)
    most = shipped.aggregate(units=Sum("quantity"))["units"] or 0
    if most and not StockMovement.objects.filter(demand=demand, kind="return").exists():
        take_back(demand_id=demand.pk, goods=[(1, min(amount, most), restock)], **WHO)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, min_size=1, max_size=12))
def test_any_sequence_keeps_the_books(warehouse, sequence):
    with transaction.atomic():
        second = create_warehouse(name="Львів", code="lviv", **WHO)
        variants = [make_variant("TEA"), make_variant("CUP")]
        for step in sequence:
            try:
                with transaction.atomic():
                    do(step, variants, [warehouse, second])
            except (StockError, OutOfStock):
                pass
            assert check_books().faults == []
        for item in StockItem.objects.all():
            proof = prove_item(item)
            assert proof.balances
            assert sum(amount for amount, _words in proof.terms) == proof.available
        assert_nobody_waits_for_what_came_in()
        transaction.set_rollback(True)
    assert (Warehouse.objects.count(), Variant.objects.count()) == (1, 0)


def assert_nobody_waits_for_what_came_in():
    """A variant of which something lies free has no waiting demand but the one that freed it."""
    for sku, _waiting, _free in check_books().idle:
        waiting = Reservation.objects.filter(variant__sku=sku, state="waiting")
        assert waiting.values("demand_id").distinct().count() == 1
