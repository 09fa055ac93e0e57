"""The pipeline: each move's guard and effect, and that repeating it changes nothing."""

from dataclasses import replace
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection

from crm.audit.actor import Actor
from crm.outbox.models import OutboxEvent
from inventory.actions.warehouses import create_warehouse, edit_warehouse
from inventory.factories import item_of, stock_up
from inventory.models import Reservation, StockItem, Warehouse
from orders.actions.edit import edit_order
from orders.actions.edit_requests import decide_edit, request_edit
from orders.actions.move import move_order
from orders.actions.payments import record_payment, record_refund
from orders.actions.transition import (
    ParcelInput,
    ReturnInput,
    agree_order,
    cancel_order,
    deliver_order,
    pack_order,
    return_order,
    ship_order,
    start_picking,
    stop_picking,
)
from orders.edits import EditLine, OrderEdit
from orders.errors import ExternalIdConflict, InvalidOrder, StaleOrder
from orders.inputs import PaymentInput
from orders.models import (
    CancelReason,
    Order,
    OrderLine,
    OrderTransition,
    Payment,
    PickItem,
    PickList,
)
from orders.pipeline import MOVES, MoveRefused, Stage
from orders.selectors.customers import customer_totals
from orders.selectors.history import read_history
from orders.totals import returned_worth
from tests.orders.conftest import (
    NOW,
    SYSTEM,
    bring_to_packed,
    bring_to_picking,
    bring_to_shipped,
    make_member,
    place,
    settle,
)


def test_the_whole_way(tea):
    picker = make_member("picker", name="Петро")
    order = place(("TEA", 3)).order
    settle(order)
    start_picking(order_id=order.id, actor=SYSTEM, now=NOW)
    assert PickList.objects.get(order=order).picker_id == picker.id
    PickItem.objects.update(picked=3)
    pack_order(
        order_id=order.id,
        parcel=ParcelInput(tracking_number="20450000000001", weight_g=700),
        actor=SYSTEM,
        now=NOW,
    )
    assert (item_of(tea).on_hand, item_of(tea).reserved) == (10, 3)
    ship_order(order_id=order.id, actor=SYSTEM, now=NOW)
    assert (item_of(tea).on_hand, item_of(tea).reserved) == (7, 0)
    deliver_order(order_id=order.id, actor=SYSTEM, now=NOW)

    order.refresh_from_db()
    assert (order.stage, order.paid, order.due) == (Stage.DELIVERED, Decimal(300), 0)
    assert Payment.objects.get(order=order).method == "cod"
    stages = OrderTransition.objects.filter(order=order).order_by("id")
    assert list(stages.values_list("to_stage", flat=True)) == [10, 20, 30, 40, 50, 60]
    topics = OutboxEvent.objects.filter(object_type="order").order_by("id")
    assert list(topics.values_list("topic", flat=True)) == [
        "order.placed",
        "order.edited",
        "order.agreed",
        "order.picking",
        "order.packed",
        "order.shipped",
        "order.delivered",
        "order.payment_recorded",  # cash on delivery is money like any other
    ]
    booked = topics.last()
    assert (booked.payload["amount"], booked.payload["kind"]) == ("300.00", "payment")


@pytest.mark.parametrize(
    "verb",
    [
        lambda o: agree_order(order_id=o.id, actor=SYSTEM, now=NOW),
        lambda o: settle(o),
        lambda o: bring_to_picking(o),
        lambda o: bring_to_packed(o),
        lambda o: bring_to_shipped(o),
    ],
)
def test_a_repeated_move_changes_nothing(tea, verb):
    order = place(("TEA", 3)).order
    settle(order)
    if verb.__code__.co_names[0] != "agree_order":
        verb(order)
    order.refresh_from_db()
    before = order.version, OrderTransition.objects.count(), item_of(tea).on_hand
    move_order(order_id=order.id, target=Stage(order.stage), actor=SYSTEM, now=NOW)
    order.refresh_from_db()
    assert (order.version, OrderTransition.objects.count(), item_of(tea).on_hand) == before


def test_agreeing_says_everything_that_is_missing(tea):
    order = place(("TEA", 1)).order
    with pytest.raises(MoveRefused) as refusal:
        agree_order(order_id=order.id, actor=SYSTEM, now=NOW)
    assert refusal.value.missing == ("delivery_method", "ship_date", "payment_method")
    order.refresh_from_db()
    assert order.stage == Stage.NEW
    assert settle(order).stage == Stage.AGREED


@pytest.mark.parametrize("source", list(Stage))
def test_only_the_moves_of_the_pipeline_exist(tea, source):
    order = place(("TEA", 1)).order
    Order.objects.filter(id=order.id).update(stage=source)
    for target in set(Stage) - MOVES[source] - {source}:
        with pytest.raises(MoveRefused) as refusal:
            move_order(order_id=order.id, target=target, comment="x", actor=SYSTEM, now=NOW)
        assert refusal.value.code == "move_not_allowed"


def test_picking_waits_for_stock(tea):
    order = place(("TEA", 12)).order
    settle(order)
    with pytest.raises(MoveRefused) as refusal:
        start_picking(order_id=order.id, actor=SYSTEM, now=NOW)
    assert refusal.value.missing == ("stock",)


def test_picking_waits_for_prepayment_but_not_for_cash_on_delivery(tea):
    order = place(("TEA", 1)).order
    settle(order, payment_method="card")
    with pytest.raises(MoveRefused) as refusal:
        start_picking(order_id=order.id, actor=SYSTEM, now=NOW)
    assert refusal.value.missing == ("payment",)
    record_payment(
        order_id=order.id,
        payment=PaymentInput(amount=Decimal(100), method="card"),
        actor=SYSTEM,
        now=NOW,
    )
    assert start_picking(order_id=order.id, actor=SYSTEM, now=NOW).stage == Stage.PICKING


def test_packing_waits_for_every_line(tea, cup):
    order = place(("TEA", 1), ("CUP", 2)).order
    bring_to_picking(order)
    PickItem.objects.filter(line__sku="TEA").update(picked=1)
    with pytest.raises(MoveRefused) as refusal:
        pack_order(order_id=order.id, parcel=ParcelInput(), actor=SYSTEM, now=NOW)
    assert refusal.value.missing == ("lines",)


def test_a_list_goes_to_the_least_loaded_picker(tea):
    pickers = [make_member("picker", name=name) for name in ("Петро", "Юра")]
    make_member("picker", name="Звільнений", is_active=False)
    for quantity in (1, 2, 3, 4):
        bring_to_picking(place(("TEA", quantity)).order)
    given = PickList.objects.order_by("id").values_list("picker_id", flat=True)
    assert list(given) == [pickers[0].id, pickers[1].id] * 2


def test_going_back_to_the_manager_ends_the_list(tea):
    order = bring_to_picking(place(("TEA", 1)).order)
    stop_picking(order_id=order.id, actor=SYSTEM, now=NOW)
    assert PickList.objects.get().state == "cancelled"
    start_picking(order_id=order.id, actor=SYSTEM, now=NOW)
    assert list(PickList.objects.order_by("id").values_list("state", flat=True)) == [
        "cancelled",
        "open",
    ]


def test_cancelling_frees_the_stock_for_who_waits(tea):
    first = place(("TEA", 8)).order
    waiting = place(("TEA", 5)).order
    assert Reservation.objects.get(demand_id=waiting.demand_id, state="waiting").quantity == 3
    reason = CancelReason.objects.first()
    cancel_order(order_id=first.id, reason_id=reason.id, actor=SYSTEM, now=NOW)
    assert not Reservation.objects.filter(state="waiting").exists()
    assert item_of(tea).reserved == 5
    assert OutboxEvent.objects.filter(topic="demand.filled", object_id=waiting.demand_id).exists()
    first.refresh_from_db()
    assert (first.stage, first.cancel_reason_id) == (Stage.CANCELLED, reason.id)


def test_a_member_must_give_a_reason(tea):
    member = Actor.member(make_member())
    order = place(("TEA", 1)).order
    with pytest.raises(MoveRefused) as refusal:
        cancel_order(order_id=order.id, reason_id=None, actor=member, now=NOW)
    assert refusal.value.missing == ("reason",)
    reason = CancelReason.objects.first()
    cancel_order(order_id=order.id, reason_id=reason.id, actor=member, now=NOW)
    assert OrderTransition.objects.filter(order=order).last().reason == reason.name


def test_what_has_shipped_can_not_be_cancelled(tea):
    order = bring_to_shipped(place(("TEA", 1)).order)
    with pytest.raises(MoveRefused):
        cancel_order(order_id=order.id, reason_id=None, actor=SYSTEM, now=NOW)


def test_a_refused_parcel_comes_back_to_the_shelf(tea):
    order = bring_to_shipped(place(("TEA", 4)).order)
    return_order(order_id=order.id, lines=None, reason="відмова", actor=SYSTEM, now=NOW)
    order.refresh_from_db()
    assert order.stage == Stage.RETURNED
    assert (item_of(tea).on_hand, item_of(tea).reserved) == (10, 0)


def test_a_part_comes_back_and_some_of_it_is_written_off(tea, cup):
    order = bring_to_shipped(place(("TEA", 4), ("CUP", 1)).order)
    deliver_order(order_id=order.id, actor=SYSTEM, now=NOW)
    line = order.lines.get(sku="TEA")

    def give_back(quantity: int, restock: bool) -> None:
        return_order(
            order_id=order.id,
            lines=[ReturnInput(line.id, quantity, restock)],
            reason="розбили",
            actor=SYSTEM,
            now=NOW,
        )

    give_back(1, True)
    give_back(2, False)
    with pytest.raises(InvalidOrder):
        give_back(2, True)
    line.refresh_from_db()
    order.refresh_from_db()
    assert (line.returned, item_of(tea).on_hand, order.stage) == (3, 7, Stage.DELIVERED)


def test_what_came_back_is_owed_no_more_and_is_no_revenue(tea, cup):
    # 3 × 100.00 − 0.10 and 2 × 250.50, less 7.77 of all, delivered for 80.
    order = place(("TEA", 3), ("CUP", 2), payment_method="cod").order
    tea_line, cup_line = order.lines.order_by("position")
    edit_order(
        order_id=order.id,
        edit=OrderEdit(
            {"discount": Decimal("7.77"), "delivery_price": Decimal(80)},
            (
                EditLine(3, Decimal(100), Decimal("0.10"), id=tea_line.id),
                EditLine(2, Decimal("250.50"), id=cup_line.id),
            ),
        ),
        actor=SYSTEM,
        now=NOW,
    )
    bring_to_shipped(order)
    deliver_order(order_id=order.id, actor=SYSTEM, now=NOW)

    def give_back(*units: tuple[OrderLine, int]) -> Order:
        return_order(
            order_id=order.id,
            lines=[ReturnInput(line.id, count, True) for line, count in units],
            reason="не підійшло",
            actor=SYSTEM,
            now=NOW,
        )
        order.refresh_from_db()
        return order

    def refund(amount: str) -> None:
        money = PaymentInput(Decimal(amount), "cash")
        record_refund(order_id=order.id, payment=money, actor=SYSTEM, now=NOW)
        order.refresh_from_db()

    give_back((tea_line, 1))
    # 299.90 / 3, less its share of the discount: 99.9667 × 7.77 / 800.90.
    assert (order.total, order.paid, order.due) == (
        Decimal("873.13"),
        Decimal("873.13"),
        Decimal("-99.00"),
    )
    refund("99.00")
    assert order.due == 0
    history = read_history(customer_id=order.customer_id, viewer=None)
    assert history.sums == [("UAH", Decimal("774.13"))]
    assert history.debts == []
    give_back((tea_line, 2), (cup_line, 1))
    refund(str(-order.due))
    # One cup is left: 250.50 with its share of the discount, and the delivery.
    assert order.paid - order.refunded == Decimal("328.07")
    assert customer_totals([order.customer_id], None)[order.customer_id].sums == {
        "UAH": Decimal("328.07")
    }
    give_back((cup_line, 1))
    assert (order.stage, order.returned_total) == (Stage.RETURNED, Decimal("793.13"))


def test_tax_comes_back_by_the_lines_own_rates(tea, cup):
    order = place(("TEA", 2), ("CUP", 1)).order
    order.lines.filter(sku="TEA").update(tax_rate=20)
    Order.objects.filter(id=order.id).update(
        prices_include_tax=False, tax=Decimal(40), total=Decimal("490.50")
    )
    bring_to_shipped(order)
    back = [ReturnInput(order.lines.get(sku="CUP").id, 1, True)]
    return_order(order_id=order.id, lines=back, reason="бій", actor=SYSTEM, now=NOW)
    order.refresh_from_db()
    assert (order.returned_total, order.due) == (Decimal("250.50"), Decimal(240))


@pytest.mark.parametrize("tax", ["0", "40"])
def test_returns_of_before_are_counted_as_those_of_now(tea, cup, tax):
    order = place(("TEA", 3), ("CUP", 1)).order
    kept = place(("TEA", 1)).order
    order.lines.filter(sku="TEA").update(tax_rate=20 if int(tax) else 0)
    Order.objects.filter(id=order.id).update(discount=Decimal("7.77"), tax=Decimal(tax))
    bring_to_shipped(order)
    back = [ReturnInput(line.id, 1, True) for line in order.lines.all()]
    return_order(order_id=order.id, lines=back, reason="бій", actor=SYSTEM, now=NOW)
    order.refresh_from_db()
    worth = order.returned_total
    Order.objects.update(returned_total=0)
    with connection.cursor() as cursor:
        cursor.execute(import_module("orders.migrations.0011_worth_of_earlier_returns").COUNT)
    order.refresh_from_db()
    kept.refresh_from_db()
    assert worth > 300
    assert (order.returned_total, kept.returned_total) == (worth, 0)


def test_a_part_refused_at_the_door_leaves_the_rest_to_be_delivered(tea):
    order = bring_to_shipped(place(("TEA", 4)).order)
    back = [ReturnInput(order.lines.get().id, 1, True)]
    return_order(order_id=order.id, lines=back, reason="відмова", actor=SYSTEM, now=NOW)
    order.refresh_from_db()
    assert (order.stage, order.due) == (Stage.SHIPPED, 300)
    deliver_order(order_id=order.id, actor=SYSTEM, now=NOW)
    order.refresh_from_db()
    assert (order.paid, order.due, item_of(tea).on_hand) == (300, 0, 7)


def test_a_return_needs_a_reason(tea):
    order = bring_to_shipped(place(("TEA", 1)).order)
    with pytest.raises(MoveRefused) as refusal:
        return_order(order_id=order.id, lines=None, reason=" ", actor=SYSTEM, now=NOW)
    assert refusal.value.missing == ("reason",)


def test_a_move_decided_on_an_old_version_is_refused(tea):
    order = place(("TEA", 1)).order
    settle(order)
    with pytest.raises(StaleOrder):
        start_picking(order_id=order.id, actor=SYSTEM, now=NOW, expected_version=1)
    assert not PickList.objects.exists()


def test_refunds_never_exceed_what_was_paid(tea):
    order = place(("TEA", 1)).order
    pay = PaymentInput(amount=Decimal(100), method="card", external_id="t1")
    record_payment(order_id=order.id, payment=pay, actor=SYSTEM, now=NOW)
    record_payment(order_id=order.id, payment=pay, actor=SYSTEM, now=NOW)
    order.refresh_from_db()
    assert (order.paid, order.due) == (100, 0)
    back = PaymentInput(amount=Decimal("60.005"), method="card")
    record_refund(order_id=order.id, payment=back, actor=SYSTEM, now=NOW)
    with pytest.raises(InvalidOrder) as refusal:
        record_refund(order_id=order.id, payment=back, actor=SYSTEM, now=NOW)
    assert refusal.value.code == "refund_exceeds_paid"
    order.refresh_from_db()
    assert (order.refunded, order.due) == (Decimal("60.01"), Decimal("60.01"))


def test_goods_that_come_let_the_order_go(tea):
    order = place(("TEA", 12)).order
    settle(order)
    stock_up([(tea, 5)], now=NOW)
    edit_order(order_id=order.id, edit=OrderEdit({"delivery_branch": "13"}), actor=SYSTEM, now=NOW)
    assert not Reservation.objects.filter(state="waiting").exists()


def test_a_payment_told_otherwise_under_the_same_id_is_a_conflict(tea):
    order = place(("TEA", 1)).order
    pay = PaymentInput(amount=Decimal(50), method="card", external_id="t1")
    row = record_payment(order_id=order.id, payment=pay, actor=SYSTEM, now=NOW)
    assert record_payment(order_id=order.id, payment=pay, actor=SYSTEM, now=NOW) == row
    with pytest.raises(ExternalIdConflict):
        record_refund(order_id=order.id, payment=pay, actor=SYSTEM, now=NOW)
    more = replace(pay, amount=Decimal(60))
    with pytest.raises(ExternalIdConflict):
        record_payment(order_id=order.id, payment=more, actor=SYSTEM, now=NOW)
    order.refresh_from_db()
    assert (order.paid, order.refunded) == (50, 0)


def test_what_the_warehouse_took_into_a_parcel_and_lacks_is_said(tea):
    order = place(("TEA", 1)).order
    bring_to_packed(order)
    line = order.lines.get()
    wish = OrderEdit({}, (EditLine(id=line.id, quantity=12, price=line.price),))
    request = request_edit(order_id=order.id, edit=wish, reason="", actor=SYSTEM, now=NOW)
    with pytest.raises(MoveRefused) as refusal:
        ship_order(order_id=order.id, actor=SYSTEM, now=NOW)
    assert refusal.value.missing == ("edit_request",)
    decide_edit(request_id=request.id, accept=True, answer="", actor=SYSTEM, now=NOW)
    with pytest.raises(MoveRefused) as refusal:
        pack_order(order_id=order.id, parcel=ParcelInput(), actor=SYSTEM, now=NOW)
    assert refusal.value.missing == ("stock", "lines")
    stock_up([(tea, 2)])
    Order.objects.filter(id=order.id).update(is_short=False)
    PickItem.objects.update(picked=12)
    pack_order(order_id=order.id, parcel=ParcelInput(), actor=SYSTEM, now=NOW)
    assert ship_order(order_id=order.id, actor=SYSTEM, now=NOW).stage == Stage.SHIPPED


def test_what_comes_back_in_parts_lies_where_it_was_taken_from(tea):
    second = Warehouse.objects.create(code="L", name="Львів", priority=9)
    stock_up([(tea, 5)], warehouse=second)
    order = place(("TEA", 12)).order  # ten of the first, two of the second
    bring_to_shipped(order)
    deliver_order(order_id=order.id, actor=SYSTEM, now=NOW)
    line = order.lines.get()

    def bring_back(units: int) -> tuple[int, int]:
        return_order(
            order_id=order.id,
            lines=[ReturnInput(line.id, units, True)],
            reason="не підійшло",
            actor=SYSTEM,
            now=NOW,
        )
        items = StockItem.objects.filter(variant=tea).order_by("warehouse__priority")
        first, other = items.values_list("on_hand", flat=True)
        return first, other

    assert bring_back(9) == (9, 3)
    assert bring_back(3) == (10, 5)


def test_what_was_taken_from_a_warehouse_closed_since_comes_back_to_an_open_one(tea):
    second = create_warehouse(name="Львів", code="L", priority=9, actor=SYSTEM, now=NOW)
    stock_up([(tea, 2)], warehouse=second)
    order = place(("TEA", 12)).order  # ten of the first, two of the second
    bring_to_shipped(order)
    edit_warehouse(warehouse_id=second.pk, changes={"is_active": False}, actor=SYSTEM, now=NOW)
    return_order(order_id=order.id, lines=None, reason="відмова", actor=SYSTEM, now=NOW)
    items = StockItem.objects.filter(variant=tea).order_by("warehouse__priority")
    assert list(items.values_list("on_hand", flat=True)) == [12, 0]


def test_a_discount_above_the_goods_makes_nobody_owe_for_what_came_back():
    line = (Decimal(100), Decimal(0), 2, 1)
    assert returned_worth([line], discount=Decimal(10), tax=Decimal(0)) == 45
    assert returned_worth([line], discount=Decimal(150), tax=Decimal(0)) == 0
