import pytest

from crm.audit.models import AuditEntry
from crm.outbox.models import OutboxEvent
from inventory.actions.reserve import Want, consume_demand, reserve_lines
from inventory.actions.returns import take_back
from inventory.actions.stock import (
    CountedLine,
    StockError,
    TakenLine,
    correct_stock,
    move_cell,
    write_off,
)
from inventory.factories import item_of, make_demand, make_variant
from inventory.models import Reservation, StockDocument, StockMovement
from inventory.selectors.books import check_books

from .conftest import ACTOR, NOW


@pytest.fixture
def tea(warehouse):
    """Ten units, three of them held by №1043."""
    variant = make_variant("TEA", on_hand=10)
    reserve_lines(
        demand_id=make_demand(1043).pk, wants=[Want(1, variant.pk, 3)], actor=ACTOR, now=NOW
    )
    return variant


def correct(warehouse, variant, **line):
    return correct_stock(
        warehouse_id=warehouse.pk,
        lines=[CountedLine(variant.pk, **line)],
        comment="перелік",
        actor=ACTOR,
        now=NOW,
    )


def test_a_count_brings_the_books_to_the_shelf(warehouse, tea):
    document = correct(warehouse, tea, counted=8)

    assert item_of(tea).on_hand == 8
    assert (document.kind, document.number) == ("correction", 1)
    assert document.movements.get().on_hand_delta == -2
    assert OutboxEvent.objects.filter(topic="stock.corrected").count() == 1
    assert check_books().balance


def test_a_correction_by_difference(warehouse, tea):
    correct(warehouse, tea, delta=5)
    assert item_of(tea).on_hand == 15


def test_a_count_that_agrees_writes_nothing(warehouse, tea):
    before = StockMovement.objects.count()
    assert correct(warehouse, tea, counted=10) is None
    assert StockMovement.objects.count() == before
    assert not StockDocument.objects.filter(kind="correction").exists()


def test_units_held_for_somebody_are_not_corrected_away(warehouse, tea):
    correct(warehouse, tea, counted=3)  # just the held ones: allowed

    with pytest.raises(StockError) as refused:
        correct(warehouse, tea, counted=2)

    facts = refused.value.facts
    assert refused.value.code == "below_reserved"
    assert (facts["on_hand"], facts["reserved"]) == (3, 3)
    assert [(h.number, h.quantity) for h in facts["holders"]] == [(1043, 3)]
    assert item_of(tea).on_hand == 3


def test_a_count_of_what_has_moved_meanwhile_is_refused(warehouse, tea):
    correct(warehouse, tea, counted=9, seen=10)

    with pytest.raises(StockError) as refused:
        correct(warehouse, tea, counted=9, seen=10)

    assert (refused.value.code, refused.value.facts["on_hand"]) == ("stock_moved", 9)


def test_found_units_go_to_those_who_wait(warehouse, tea):
    waiting = make_demand(1044)
    reserve_lines(demand_id=waiting.pk, wants=[Want(1, tea.pk, 9)], actor=ACTOR, now=NOW)

    correct(warehouse, tea, delta=2)

    item = item_of(tea)
    assert (item.on_hand, item.reserved) == (12, 12)
    assert not Reservation.objects.filter(state="waiting").exists()
    assert OutboxEvent.objects.get(topic="demand.filled").object_id == waiting.pk


def test_write_off_takes_free_units_only(warehouse, tea):
    def off(quantity):
        return write_off(
            warehouse_id=warehouse.pk,
            lines=[TakenLine(tea.pk, quantity)],
            comment="бій",
            actor=ACTOR,
            now=NOW,
        )

    assert off(7).kind == "write_off"
    assert item_of(tea).on_hand == 3
    with pytest.raises(StockError, match="below_reserved"):
        off(1)
    assert item_of(tea).on_hand == 3
    assert check_books().balance


def test_returned_goods_are_sold_again_unless_unfit(warehouse, tea):
    buyer = Reservation.objects.get(state="held").demand
    consume_demand(demand_id=buyer.pk, actor=ACTOR, now=NOW)
    assert item_of(tea).on_hand == 7

    take_back(demand_id=buyer.pk, goods=[(1, 2, True), (1, 1, False)], actor=ACTOR, now=NOW)

    assert item_of(tea).on_hand == 9
    moves = StockMovement.objects.filter(demand=buyer, kind__in=["return", "write_off"])
    assert [(m.kind, m.on_hand_delta) for m in moves.order_by("id")] == [
        ("return", 2),
        ("return", 1),
        ("write_off", -1),
    ]
    assert check_books().balance


def test_moving_to_a_cell_is_remembered_once(warehouse, tea):
    for _ in range(2):
        move_cell(stock_item_id=item_of(tea).pk, cell=" A-12  3 ", actor=ACTOR, now=NOW)

    assert item_of(tea).cell == "A-12 3"
    entry = AuditEntry.objects.get(action="stock.cell_moved")
    assert entry.changes == {"cell": ["", "A-12 3"]}


def test_a_token_of_another_paper_is_refused(warehouse, tea):
    write_off(
        warehouse_id=warehouse.pk, lines=[TakenLine(tea.pk, 1)], token="t1", actor=ACTOR, now=NOW
    )
    with pytest.raises(StockError, match="token_reused"):
        correct_stock(
            warehouse_id=warehouse.pk,
            lines=[CountedLine(tea.pk, counted=1)],
            token="t1",
            actor=ACTOR,
            now=NOW,
        )
