"""Editing an order: history, stock in step, two editors, and the warehouse's consent."""

from datetime import date
from decimal import Decimal

import pytest

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from inventory.factories import item_of
from inventory.models import Reservation
from orders.actions.edit import edit_order
from orders.actions.edit_requests import decide_edit, request_edit
from orders.edits import EditLine, OrderEdit
from orders.errors import (
    InvalidOrder,
    NotPending,
    OrderClosed,
    OrderLocked,
    RequestPending,
    StaleOrder,
)
from orders.inputs import BuyerInput
from orders.models import ExchangeRate, Order, PickItem
from tests.orders.conftest import (
    NOW,
    SYSTEM,
    bring_to_picking,
    bring_to_shipped,
    make_member,
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
    assert entry.changes["delivery_price"] == ["0.00", "90"]


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
