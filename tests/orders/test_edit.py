"""Editing an order: history, stock in step, two editors, and the warehouse's consent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.outbox.models import OutboxEvent
from inventory.actions.stock import move_cell
from inventory.factories import item_of, make_variant
from inventory.models import Reservation
from orders import events
from orders.actions.edit import edit_order
from orders.actions.edit_requests import decide_edit, request_edit
from orders.actions.picking import set_picked
from orders.actions.place import place_order
from orders.actions.transition import (
    ParcelInput,
    cancel_order,
    pack_order,
    ship_order,
    stop_picking,
)
from orders.edits import EditLine, OrderEdit
from orders.errors import (
    InvalidOrder,
    NotPending,
    OrderClosed,
    OrderLocked,
    RequestPending,
    StaleOrder,
)
from orders.inputs import BuyerInput, DeliveryInput, LineInput, PaymentInput
from orders.models import ExchangeRate, Order, Parcel, PickItem
from orders.pipeline import Stage
from tests.orders.conftest import (
    NOW,
    SYSTEM,
    bring_to_packed,
    bring_to_picking,
    bring_to_shipped,
    make_member,
    order_input,
    place,
)


def edit(order: Order, *lines: EditLine, **fields) -> Order:
    return edit_order(
        order_id=order.id,
        edit=OrderEdit(fields, lines or None),
        actor=SYSTEM,
        now=NOW,
    )


def line_of(order: Order, sku: str, **changes) -> EditLine:
    line = order.lines.get(sku=sku)
    values = {"quantity": line.quantity, "price": line.price, "discount": line.discount}
    return EditLine(id=line.id, **{**values, **changes})


def test_fields_change_with_before_and_after_in_the_history(tea):
    order = place(("TEA", 1)).order
    edit(order, delivery_city="Львів", delivery_price=Decimal(90), recipient_phone="050 111 22 33")
    order.refresh_from_db()
    assert (order.delivery_city, order.total) == ("Львів", Decimal("190.00"))
    assert order.recipient_phone == "+380501112233"
    entry = AuditEntry.objects.get(action="order.edited")
    assert entry.changes["delivery_city"] == ["", "Львів"]
    assert entry.changes["delivery_price"] == ["0.00", "90.00"]


def test_setting_what_is_there_changes_nothing(tea):
    order = place(("TEA", 1)).order
    edit(order, line_of(order, "TEA"), recipient_name=order.recipient_name)
    order.refresh_from_db()
    assert order.version == 1
    assert not AuditEntry.objects.filter(action="order.edited").exists()


def test_stock_follows_the_lines(tea, cup):
    order = place(("TEA", 3), ("CUP", 1)).order
    edit(
        order,
        line_of(order, "TEA", quantity=5),
        EditLine(sku="TEA", quantity=1, price=Decimal(0)),
        EditLine(name="Доставка в подарунок", quantity=1, price=Decimal(0)),
    )
    order.refresh_from_db()
    assert (item_of(tea).reserved, item_of(cup).reserved) == (6, 0)
    assert order.total == Decimal("500.00")
    assert order.problems == ["zero_price"]
    assert [ln.position for ln in order.lines.all()] == [0, 1, 2]


def test_more_than_there_is_waits_and_what_was_held_stays_held(tea):
    order = place(("TEA", 8)).order
    place(("TEA", 5), buyer=BuyerInput(phone="0509998877"))
    edit(order, line_of(order, "TEA", quantity=9))
    rows = Reservation.objects.filter(demand_id=order.demand_id).order_by("id")
    assert list(rows.values_list("state", "quantity")) == [("held", 8), ("waiting", 1)]
    order.refresh_from_db()
    assert order.is_short


def test_less_frees_the_waiting_part_first(tea):
    order = place(("TEA", 12)).order
    edit(order, line_of(order, "TEA", quantity=10))
    order.refresh_from_db()
    assert not order.is_short
    assert item_of(tea).reserved == 10
    assert not Reservation.objects.filter(state="waiting").exists()


def test_a_line_put_in_again_keeps_its_goods_from_those_who_wait(tea):
    order = place(("TEA", 10)).order
    later = place(("TEA", 3), buyer=BuyerInput(name="Ірина", phone="0501234567")).order
    edit(order, EditLine(sku="TEA", quantity=8, price=Decimal(100)))
    order.refresh_from_db()
    assert not order.is_short
    held = Reservation.objects.filter(demand_id=later.demand_id, state="held")
    assert [row.quantity for row in held] == [2]  # what the edit left over


def test_the_tax_that_the_source_counted_stays_where_no_line_changes(tea, cup):
    order = place(("TEA", 2), ("CUP", 1), prices_include_tax=False, tax=Decimal("44.00")).order
    assert order.total == Decimal("494.50")
    edit(order, delivery_city="Львів", delivery_price=Decimal(50))
    order.refresh_from_db()
    assert (order.tax, order.total) == (Decimal("44.00"), Decimal("544.50"))
    order.lines.filter(sku="TEA").update(tax_rate=20)
    edit(order, line_of(order, "TEA", quantity=1), line_of(order, "CUP"))
    order.refresh_from_db()
    # 20 % of the pack that went; what was counted on delivery and the like stays.
    assert (order.tax, order.total) == (Decimal("24.00"), Decimal("424.50"))


def test_tax_on_top_is_counted_on_what_is_paid_for_the_goods(tea):
    lines = (LineInput(sku="TEA", quantity=2, tax_rate=Decimal(20)),)
    data = replace(order_input(("TEA", 1)), lines=lines, prices_include_tax=False)
    order = place_order(data=replace(data, discount=Decimal(50)), actor=SYSTEM, now=NOW).order
    assert (order.lines_total, order.tax, order.total) == (200, 30, 180)
    order = edit(order, discount=Decimal(100))
    assert (order.tax, order.total) == (20, 120)
    order = edit(order, line_of(order, "TEA", quantity=3))
    assert (order.tax, order.total) == (40, 240)
    # A discount of the source's own: the tax that it counted has it in it.
    told = OrderEdit({"discount": Decimal(150)}, by_source=True)
    order = edit_order(order_id=order.id, edit=told, actor=SYSTEM, now=NOW)
    assert (order.tax, order.total) == (40, 190)
    assert OrderEdit.from_json(told.to_json()) == told


def test_another_article_that_is_not_in_the_catalogue_takes_the_line(tea):
    order = place(("TEA", 2)).order
    edit(order, replace(line_of(order, "TEA"), sku="NOPE"))
    line = order.lines.get()
    assert (line.sku, line.variant_id, line.name) == ("NOPE", None, "NOPE")
    order.refresh_from_db()
    assert order.problems == ["unknown_sku"]
    assert item_of(tea).reserved == 0


def test_another_article_of_the_same_name_and_price_takes_the_line(tea):
    twin = make_variant("TEA-2", product="Чай", on_hand=5, price=Decimal(100), now=NOW)
    order = place(("TEA", 2)).order
    changed = replace(line_of(order, "TEA"), variant_id=twin.id, sku="", name="Чай")
    edit(order, changed)
    assert order.lines.get().sku == "TEA-2"
    assert [item_of(row).reserved for row in (tea, twin)] == [0, 2]
    entry = AuditEntry.objects.filter(action=events.EDITED).latest("id")
    assert entry.changes["lines"] == [
        ["2 × Чай · 100.00 (TEA)"],
        ["2 × Чай · 100.00 (TEA-2)"],
    ]


def test_an_unknown_article_is_mended_by_goods_of_the_same_name(tea):
    goods = LineInput(sku="NOPE", name="Чай", quantity=1, price=Decimal(100))
    order = place_order(
        data=replace(order_input(("TEA", 1)), lines=(goods,)), actor=SYSTEM, now=NOW
    ).order
    assert order.problems == ["unknown_sku"]
    edit(order, replace(line_of(order, "NOPE"), variant_id=tea.id, sku="", name="Чай"))
    order.refresh_from_db()
    assert order.problems == []
    assert item_of(tea).reserved == 1


def test_a_line_named_twice_is_refused_and_holds_nothing_twice(tea):
    order = place(("TEA", 1)).order
    more = line_of(order, "TEA", quantity=4)
    with pytest.raises(InvalidOrder) as refusal:
        edit(order, more, more)
    assert refusal.value.field == "lines/1/id"
    assert item_of(tea).reserved == 1
    edit(order, more)
    assert item_of(tea).reserved == 4


def test_money_is_kept_in_hundredths_before_it_is_added_up(tea):
    given = order_input(
        ("TEA", 1),
        discount=Decimal("0.005"),
        delivery=DeliveryInput(price=Decimal("1.005")),
        payment=PaymentInput(Decimal("50.005"), "card"),
    )
    order = place_order(data=given, actor=SYSTEM, now=NOW).order
    order.refresh_from_db()
    assert (order.total, order.due) == (Decimal("101.00"), Decimal("50.99"))
    thirds = {"price": Decimal("33.335"), "discount": Decimal("0.005")}
    edit(order, line_of(order, "TEA", quantity=3, **thirds), discount=Decimal("0.025"))
    order.refresh_from_db()
    # 3 × 33.34 − 0.01 − 0.03 + 1.01
    assert (order.total, order.lines.get().total) == (Decimal("100.99"), Decimal("100.01"))


def test_the_second_editor_is_told(tea):
    order = place(("TEA", 1)).order
    edit_order(
        order_id=order.id,
        edit=OrderEdit({"delivery_city": "Львів"}),
        expected_version=1,
        actor=SYSTEM,
        now=NOW,
    )
    with pytest.raises(StaleOrder) as refusal:
        edit_order(
            order_id=order.id,
            edit=OrderEdit({"delivery_city": "Одеса"}),
            expected_version=1,
            actor=SYSTEM,
            now=NOW,
        )
    assert refusal.value.details == {"version": 2, "expected": 1}
    order.refresh_from_db()
    assert order.delivery_city == "Львів"


def test_problems_go_when_they_are_mended(tea):
    order = place(("NOPE", 1), buyer=BuyerInput(name="Хтось")).order
    assert order.problems == ["no_contact", "unknown_sku", "zero_price"]
    line = order.lines.get()
    edit(
        order,
        EditLine(id=line.id, variant_id=tea.id, quantity=1, price=Decimal(100)),
        recipient_phone="0671112233",
    )
    order.refresh_from_db()
    assert (order.problems, order.has_problems) == ([], False)
    assert order.lines.get().unit_cost == 60


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"recipient_phone": "12"}, "recipient_phone"),
        ({"delivery_method": "teleport"}, "delivery_method"),
        ({"discount": Decimal(-1)}, "discount"),
        ({"discount": Decimal(101)}, "discount"),
        ({"total": Decimal(1)}, "total"),
    ],
)
def test_bad_values_are_refused_at_the_field(tea, fields, field):
    order = place(("TEA", 1)).order
    with pytest.raises(InvalidOrder) as refusal:
        edit(order, delivery_city="Львів", **fields)
    assert refusal.value.field == field
    order.refresh_from_db()
    assert (order.delivery_city, order.version) == ("", 1)


def test_the_warehouse_has_it(tea):
    order = bring_to_picking(place(("TEA", 1)).order)
    with pytest.raises(OrderLocked):
        edit(order, delivery_city="Львів")
    edit(order, manager_comment="подзвонити")
    order.refresh_from_db()
    assert (order.delivery_city, order.manager_comment) == ("Київ", "подзвонити")


def test_what_has_left_stays_as_it_is(tea):
    order = bring_to_shipped(place(("TEA", 1)).order)
    with pytest.raises(OrderClosed):
        edit(order, line_of(order, "TEA", quantity=2))


class TestRequests:
    @pytest.fixture
    def order(self, tea) -> Order:
        return bring_to_picking(place(("TEA", 3)).order)

    def ask(self, order: Order, quantity: int):
        wish = OrderEdit({}, (line_of(order, "TEA", quantity=quantity),))
        member = Actor.member(make_member())
        return request_edit(order_id=order.id, edit=wish, reason="ще", actor=member, now=NOW)

    def decide(self, request, accept: bool):
        return decide_edit(request_id=request.id, accept=accept, answer="", actor=SYSTEM, now=NOW)

    def test_an_accepted_request_is_made(self, order, tea):
        PickItem.objects.update(picked=2)
        request = self.ask(order, 5)
        assert request.diff[0]["field"] == "lines"
        assert item_of(tea).reserved == 3
        self.decide(request, True)
        assert item_of(tea).reserved == 5
        item = PickItem.objects.get()
        assert (item.quantity, item.picked) == (5, 2)

    def test_other_goods_in_a_line_are_still_to_be_picked(self, order, tea, cup):
        move_cell(stock_item_id=item_of(cup).id, cell="B-7", actor=SYSTEM, now=NOW)
        item = PickItem.objects.get()
        tick = {"pick_list_id": item.pick_list_id, "item_id": item.id, "picked": item.quantity}
        set_picked(**tick, actor=SYSTEM, now=NOW)

        def take(*lines: EditLine) -> list[tuple[str, int, str]]:
            request = request_edit(
                order_id=order.id, edit=OrderEdit({}, lines), reason="", actor=SYSTEM, now=NOW
            )
            decide_edit(request_id=request.id, accept=True, answer="", actor=SYSTEM, now=NOW)
            rows = PickItem.objects.order_by("position")
            return list(rows.values_list("line__sku", "picked", "cell"))

        kept = line_of(order, "TEA", price=Decimal(90))
        assert take(kept) == [("TEA", item.quantity, "")]
        other = replace(kept, variant_id=cup.id, sku="")
        assert take(other) == [("CUP", 0, "B-7")]

    @pytest.mark.parametrize("quantity", [2, 5])
    def test_a_packed_order_is_opened_for_its_new_goods(self, tea, quantity):
        order = bring_to_packed(place(("TEA", 3)).order)
        Parcel.objects.update(tracking_number="204500")
        self.decide(self.ask(order, quantity), True)
        order.refresh_from_db()
        assert (order.stage_word, order.status.stage) == ("picking", Stage.PICKING)
        assert item_of(tea).reserved == quantity
        item = PickItem.objects.get()
        assert (item.quantity, item.picked, item.pick_list.state) == (
            quantity, min(3, quantity), "open"
        )  # fmt: skip
        last = order.transitions.latest("id")
        assert (last.from_stage, last.to_stage) == (Stage.PACKED, Stage.PICKING)
        item.picked = quantity
        item.save(update_fields=["picked"])
        parcel = ParcelInput(weight_g=700)
        pack_order(order_id=order.id, parcel=parcel, actor=SYSTEM, now=NOW)
        ship_order(order_id=order.id, actor=SYSTEM, now=NOW)
        box = Parcel.objects.get()
        assert (box.tracking_number, box.weight_g) == ("204500", 700)
        assert item_of(tea).on_hand == 10 - quantity

    def test_a_packed_order_stays_packed_where_only_its_price_changes(self, tea):
        order = bring_to_packed(place(("TEA", 3)).order)
        wish = OrderEdit({}, (line_of(order, "TEA", price=Decimal(90)),))
        request = request_edit(order_id=order.id, edit=wish, reason="", actor=SYSTEM, now=NOW)
        self.decide(request, True)
        order.refresh_from_db()
        assert (order.stage_word, order.total) == ("packed", 270)

    def test_a_refused_request_changes_nothing(self, order, tea):
        request = self.ask(order, 5)
        self.decide(request, False)
        assert item_of(tea).reserved == 3
        with pytest.raises(NotPending):
            self.decide(request, True)
        assert item_of(tea).reserved == 3

    def test_one_waits_at_a_time(self, order):
        self.ask(order, 5)
        with pytest.raises(RequestPending):
            self.ask(order, 6)

    @pytest.mark.parametrize(
        "leave",
        [
            lambda order: stop_picking(order_id=order.id, actor=SYSTEM, now=NOW),
            lambda order: cancel_order(order_id=order.id, reason_id=None, actor=SYSTEM, now=NOW),
        ],
    )
    def test_it_ends_when_the_order_leaves_the_warehouse(self, order, tea, leave):
        request = self.ask(order, 5)
        leave(order)
        request.refresh_from_db()
        assert (request.state, bool(request.answer)) == ("refused", True)
        decided = OutboxEvent.objects.get(topic="order.edit_decided")
        assert decided.payload["request_id"] == request.id
        with pytest.raises(NotPending):  # not over what the manager changed meanwhile
            self.decide(request, True)

    def test_nothing_is_no_request(self, order):
        with pytest.raises(InvalidOrder) as refusal:
            self.ask(order, 3)
        assert refusal.value.code == "nothing_changed"


def test_a_later_edit_finds_the_rate_that_was_missing(tea):
    order = place(("TEA", 1), currency="EUR").order
    assert "no_rate" in order.problems
    ExchangeRate.objects.create(currency="EUR", rate=Decimal(44), since=date(2026, 1, 1))
    edit(order, line_of(order, "TEA", price=Decimal(2)))
    order.refresh_from_db()
    assert (order.problems, order.total_base) == ([], Decimal("88.00"))
