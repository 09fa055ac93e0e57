from decimal import Decimal

import pytest

from crm.audit.models import AuditEntry
from crm.outbox.models import OutboxEvent
from inventory.actions.reserve import Want, reserve_lines
from inventory.actions.stock import ReceiptLine, StockError, receive_goods
from inventory.factories import item_of, make_demand, make_variant
from inventory.models import Reservation, StockDocument, StockMovement, Variant
from inventory.selectors.books import check_books

from .conftest import ACTOR, NOW


def receive(warehouse, *lines, token="", comment=""):
    return receive_goods(
        warehouse_id=warehouse.pk,
        lines=[ReceiptLine(v.pk, q, cost) for v, q, cost in lines],
        token=token,
        comment=comment,
        actor=ACTOR,
        now=NOW,
    )


def test_receipt_fills_the_shelf_and_writes_the_ledger(warehouse):
    tea, cup = make_variant("TEA"), make_variant("CUP")

    document = receive(warehouse, (tea, 10, None), (cup, 3, None), comment="від Петра")

    assert (item_of(tea).on_hand, item_of(cup).on_hand) == (10, 3)
    assert (document.kind, document.number, document.comment) == ("receipt", 1, "від Петра")
    moves = document.movements.order_by("id").values_list("kind", "on_hand_delta", "actor_label")
    assert list(moves) == [("receipt", 10, "test"), ("receipt", 3, "test")]
    event = OutboxEvent.objects.get(topic="stock.received")
    assert event.payload == {
        "document": 1,
        "warehouse": warehouse.pk,
        "variants": sorted([tea.pk, cup.pk]),
        "demands": [],
    }
    assert check_books().balance


def test_documents_of_a_kind_are_numbered_without_gaps(warehouse):
    tea = make_variant("TEA")
    numbers = [receive(warehouse, (tea, 1, None)).number for _ in range(3)]
    assert numbers == [1, 2, 3]


def test_the_same_token_is_the_same_receipt(warehouse):
    tea = make_variant("TEA")

    first = receive(warehouse, (tea, 10, None), token="form-1")
    again = receive(warehouse, (tea, 10, None), token="form-1")
    other = receive(warehouse, (tea, 10, None), token="form-2")

    assert again.pk == first.pk
    assert other.pk != first.pk
    assert item_of(tea).on_hand == 20
    assert StockDocument.objects.count() == 2


def test_goods_go_to_those_who_waited_longest(warehouse):
    tea = make_variant("TEA")
    first, second, third = (make_demand(n) for n in (1, 2, 3))
    for demand, quantity in ((first, 4), (second, 4), (third, 4)):
        reserve_lines(demand_id=demand.pk, wants=[Want(1, tea.pk, quantity)], actor=ACTOR, now=NOW)

    document = receive(warehouse, (tea, 6, None))

    rows = Reservation.objects.order_by("demand_id", "-state", "id")
    assert [(r.demand.number, r.state, r.quantity) for r in rows] == [
        (1, "held", 4),
        (2, "waiting", 2),
        (2, "held", 2),
        (3, "waiting", 4),
    ]
    item = item_of(tea)
    assert (item.on_hand, item.reserved) == (6, 6)
    filled = OutboxEvent.objects.filter(topic="demand.filled").values_list("object_id", flat=True)
    assert sorted(filled) == [first.pk, second.pk]
    assert OutboxEvent.objects.get(topic="stock.received").payload["demands"] == [
        first.pk,
        second.pk,
    ]
    assert document.movements.filter(kind="reserve").count() == 2
    assert check_books().balance


def test_a_part_that_waited_keeps_its_place_in_the_queue(warehouse):
    tea = make_variant("TEA")
    old, young = make_demand(1), make_demand(2)
    for demand in (old, young):
        reserve_lines(demand_id=demand.pk, wants=[Want(1, tea.pk, 4)], actor=ACTOR, now=NOW)

    receive(warehouse, (tea, 1, None))
    receive(warehouse, (tea, 3, None))

    held = Reservation.objects.filter(state="held").values_list("demand__number", "quantity")
    assert sorted(held) == [(1, 1), (1, 3)]


def test_cost_becomes_the_weighted_average(warehouse):
    tea = make_variant("TEA")

    receive(warehouse, (tea, 10, Decimal("50.00")))
    assert Variant.objects.get(pk=tea.pk).cost == Decimal("50.00")
    receive(warehouse, (tea, 30, Decimal("60.00")))
    assert Variant.objects.get(pk=tea.pk).cost == Decimal("57.50")
    receive(warehouse, (tea, 5, None))
    assert Variant.objects.get(pk=tea.pk).cost == Decimal("57.50")

    changes = AuditEntry.objects.filter(action="variant.edited").order_by("id")
    assert [entry.changes["cost"] for entry in changes] == [[None, "50.00"], ["50.00", "57.50"]]


@pytest.mark.parametrize(
    ("quantity", "cost", "code"),
    [
        (0, None, "quantity_out_of_range"),
        (-1, None, "quantity_out_of_range"),
        (1_000_001, None, "quantity_out_of_range"),
        (1, Decimal("-0.01"), "cost_out_of_range"),
    ],
)
def test_a_wrong_line_refuses_the_whole_receipt(warehouse, quantity, cost, code):
    tea, cup = make_variant("TEA"), make_variant("CUP")

    with pytest.raises(StockError) as refused:
        receive(warehouse, (tea, 5, None), (cup, quantity, cost))

    assert (refused.value.code, refused.value.facts["row"]) == (code, 1)
    assert item_of(tea).on_hand == 0
    assert StockMovement.objects.count() == 0


def test_goods_come_only_into_an_open_warehouse(warehouse):
    tea = make_variant("TEA")
    warehouse.is_active = False
    warehouse.save(update_fields=["is_active"])

    with pytest.raises(StockError, match="warehouse_closed"):
        receive(warehouse, (tea, 5, None))

    assert item_of(tea).on_hand == 0
