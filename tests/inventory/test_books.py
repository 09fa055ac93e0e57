"""verify_stock and the proof of one item: right books pass, each kind of fault is named."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import translation

from inventory.actions.reserve import Want, consume_demand, release_demand, reserve_lines
from inventory.factories import item_of, make_demand, make_variant
from inventory.models import Reservation, StockMovement
from inventory.selectors import prove_item
from inventory.selectors.books import check_books

from .conftest import ACTOR, NOW


def reserve(number, variant, quantity):
    demand = make_demand(number)
    reserve_lines(demand_id=demand.pk, wants=[Want(1, variant.pk, quantity)], actor=ACTOR, now=NOW)
    return demand


@pytest.fixture
def tea(warehouse):
    """Ten came in, two were sold to №1042, one is held by №1043; №1041 changed its mind."""
    variant = make_variant("TEA", on_hand=10)
    release_demand(demand_id=reserve(1041, variant, 5).pk, actor=ACTOR, now=NOW)
    consume_demand(demand_id=reserve(1042, variant, 2).pk, actor=ACTOR, now=NOW)
    reserve(1043, variant, 1)
    return variant


def test_the_proof_says_where_the_units_went(tea):
    with translation.override("en"):
        proof = prove_item(item_of(tea))
        assert proof.sentence == "7 available = 10 in − 2 sold − 1 held by №1043"
    assert proof.balances
    assert sum(amount for amount, _words in proof.terms) == proof.available


def test_many_holders_are_summed_up(tea):
    for number in range(1, 7):
        reserve(number, tea, 1)
    with translation.override("en"):
        proof = prove_item(item_of(tea), holders=2)
        assert proof.sentence.endswith("− 1 held by №1 − 1 held by №2 − 5 held by 5 more")
    assert sum(amount for amount, _words in proof.terms) == proof.available == 1


def test_an_untouched_item_is_proved_too(warehouse):
    with translation.override("en"):
        assert prove_item(item_of(make_variant("NEW"))).sentence == "0 available = 0"


def test_right_books_balance(tea):
    books = check_books()
    assert (books.faults, books.items, books.on_hand, books.reserved) == ([], 1, 8, 1)
    assert books.movements == StockMovement.objects.count()


@pytest.mark.parametrize(
    ("damage", "codes"),
    [
        (
            "UPDATE inventory_stockitem SET on_hand = on_hand + 1",
            {"on_hand_differs"},
        ),
        (
            "UPDATE inventory_stockitem SET reserved = 2",
            {"reserved_differs", "held_differs"},
        ),
        (
            "UPDATE inventory_reservation SET quantity = 2 WHERE state = 'held'",
            {"held_differs", "demand_held_differs"},
        ),
        (
            "UPDATE inventory_reservation SET state = 'released' WHERE state = 'held'",
            {"held_differs", "demand_held_differs"},
        ),
        (
            "UPDATE inventory_reservation SET quantity = 3 WHERE state = 'consumed'",
            {"demand_shipped_differs"},
        ),
        (
            "UPDATE inventory_reservation SET demand_id = (SELECT min(id) FROM inventory_demand)"
            " WHERE state = 'held'",
            {"demand_held_differs"},
        ),
    ],
)
def test_each_fault_is_named(tea, damage, codes):
    assert check_books().balance
    with connection.cursor() as cursor:
        cursor.execute(damage)
    faults = check_books().faults
    assert {fault.code for fault in faults} == codes
    assert {(fault.sku, fault.item_id) for fault in faults} == {("TEA", item_of(tea).pk)}


def test_who_waits_while_goods_lie_free_is_noted(tea):
    Reservation.objects.create(
        demand=make_demand(9), line=1, variant=tea, quantity=2, state="waiting", created_at=NOW
    )
    books = check_books()
    assert books.balance
    assert books.idle == [("TEA", 2, 7)]


def verify(*args):
    out = StringIO()
    code = 0
    try:
        call_command("verify_stock", *args, stdout=out)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue()


def test_the_command_tells_each_company_and_each_broken_item(committed):
    def build():
        variant = make_variant("TEA", on_hand=10)
        reserve(1043, variant, 1)
        return item_of(variant)

    item = committed.run(build)
    code, text = verify()
    assert code == 0
    assert text.startswith("zapas: ok: 1 items, 10 on hand, 1 reserved, 2 movements")
    assert verify("--company", "zapas", "--item", str(item.pk)) == (
        0,
        "9 available = 10 in − 1 held by №1043: ok\n",
    )

    def damage():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE inventory_stockitem SET on_hand = 12")

    committed.run(damage)
    code, text = verify("--company", "zapas")
    assert code == 1
    assert "zapas: 1 FAULTS" in text
    assert f"item {item.pk} TEA @ " in text
    assert "on hand is 12, its movements add up to 10" in text
