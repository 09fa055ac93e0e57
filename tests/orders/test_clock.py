"""What time does: alarms, the cut-off, managers who come to work."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm.audit.actor import Actor
from crm.outbox.models import OutboxEvent
from orders.actions import clock
from orders.actions.assign import assign_by_load, assign_manager
from orders.actions.clock import assign_waiting, raise_alarms, start_due_picking
from orders.actions.edit import edit_order
from orders.actions.notes import add_note, mark_answered, set_tags
from orders.actions.transition import start_picking, stop_picking
from orders.edits import OrderEdit
from orders.hours import WorkWeek
from orders.inputs import BuyerInput
from orders.models import Channel, ChannelMember, Order, Status
from orders.pipeline import Stage
from tests.orders.conftest import NOW, SYSTEM, make_member, place, settle


def minutes(count: int):
    return NOW + timedelta(minutes=count)


def test_an_unanswered_order_alarms_again_and_again(tea):
    place(("TEA", 1))
    assert [raise_alarms(now=minutes(m)) for m in (29, 30, 31, 45, 60)] == [0, 1, 0, 1, 1]
    counts = OutboxEvent.objects.filter(topic="order.alarm").order_by("id")
    assert [event.payload["count"] for event in counts] == [1, 2, 3]


def test_alarms_sleep_at_night(tea):
    place(("TEA", 1))
    assert raise_alarms(now=NOW + timedelta(hours=9)) == 0
    assert raise_alarms(now=NOW + timedelta(hours=23)) == 1


@pytest.mark.parametrize(
    "react",
    [
        lambda order, actor: mark_answered(order_id=order.id, actor=actor, now=NOW),
        lambda order, actor: add_note(order_id=order.id, text="дзвонила", actor=actor, now=NOW),
    ],
)
def test_a_members_reaction_stops_the_clock(tea, react):
    order = place(("TEA", 1)).order
    react(order, Actor.member(make_member()))
    assert raise_alarms(now=minutes(31)) == 0
    order.refresh_from_db()
    assert order.responded_at == NOW


def test_the_systems_own_work_is_no_reaction(tea):
    order = place(("TEA", 1)).order
    make_member(takes_orders=True)
    assign_by_load(order_id=order.id, actor=SYSTEM, now=NOW)
    assert raise_alarms(now=minutes(31)) == 1


def test_picking_begins_at_the_cut_off(tea):
    order = settle(place(("TEA", 1)).order, ship_date=date(2026, 3, 3))
    tomorrow = NOW + timedelta(days=1)
    assert start_due_picking(now=tomorrow - timedelta(hours=2, minutes=1)) == 0  # 08:59
    assert start_due_picking(now=tomorrow - timedelta(hours=2)) == 1  # 09:00
    order.refresh_from_db()
    assert order.stage == Stage.PICKING


def test_an_order_that_is_not_ready_holds_up_nobody(tea):
    ready = settle(place(("TEA", 1)).order, ship_date=date(2026, 3, 2))
    short = settle(place(("TEA", 11)).order, ship_date=date(2026, 3, 1))
    assert start_due_picking(now=NOW) == 1
    ready.refresh_from_db()
    short.refresh_from_db()
    assert (ready.stage, short.stage) == (Stage.PICKING, Stage.AGREED)


def test_what_came_back_from_the_warehouse_waits_for_a_hand_or_the_next_cut_off(tea):
    order = settle(place(("TEA", 1)).order, ship_date=date(2026, 3, 2))
    assert start_due_picking(now=NOW) == 1
    stop_picking(order_id=order.id, actor=SYSTEM, now=minutes(5))
    assert start_due_picking(now=minutes(6)) == 0
    start_picking(order_id=order.id, actor=SYSTEM, now=minutes(7))
    stop_picking(order_id=order.id, actor=SYSTEM, now=minutes(8))
    # The next day's cut-off is at 09:00, two hours before this one's minute.
    assert start_due_picking(now=NOW + timedelta(days=1, hours=-2, minutes=-1)) == 0
    assert start_due_picking(now=NOW + timedelta(days=1, hours=-2)) == 1


def test_an_order_put_off_meanwhile_stays(tea, monkeypatch):
    orders = [settle(place(("TEA", n)).order, ship_date=date(2026, 3, 2)) for n in (1, 2)]
    start = clock.start_picking

    def put_off_the_other(*, order_id, **given):
        later = OrderEdit({"ship_date": date(2026, 3, 9)})
        edit_order(order_id=orders[1].id, edit=later, actor=SYSTEM, now=NOW)
        return start(order_id=order_id, **given)

    monkeypatch.setattr(clock, "start_picking", put_off_the_other)
    assert start_due_picking(now=NOW) == 1
    orders[1].refresh_from_db()
    assert orders[1].stage == Stage.AGREED


def test_orders_kept_back_by_the_companys_rules_hold_up_nobody(tea, monkeypatch):
    monkeypatch.setattr(clock, "BATCH", 1)
    Status.objects.filter(stage=Stage.PICKING, is_default=True).update(required=["has_tags"])
    kept, ready = (settle(place(("TEA", n)).order, ship_date=date(2026, 3, n)) for n in (1, 2))
    set_tags(order_id=ready.id, names=["терміново"], actor=SYSTEM, now=NOW)
    assert start_due_picking(now=NOW) == 1
    ready.refresh_from_db()
    kept.refresh_from_db()
    assert (ready.stage, kept.stage) == (Stage.PICKING, Stage.AGREED)


def test_however_many_wait_the_ready_ones_go(tea, cup, monkeypatch):
    monkeypatch.setattr("orders.actions.clock.BATCH", 1)
    waiting = [
        settle(place(("TEA", 11)).order, ship_date=date(2026, 3, 1)),  # for goods
        settle(place(("CUP", 1)).order, ship_date=date(2026, 3, 1), payment_method="card"),
    ]
    other = BuyerInput(name="Ірина", phone="0501234567")
    ready = settle(place(("CUP", 1), buyer=other).order, ship_date=date(2026, 3, 2))
    assert start_due_picking(now=NOW) == 1
    stages = [Order.objects.get(id=order.id).stage for order in [*waiting, ready]]
    assert stages == [Stage.AGREED, Stage.AGREED, Stage.PICKING]


class TestAssignment:
    def test_a_channel_without_people_keeps_no_other_waiting(self, tea, monkeypatch):
        monkeypatch.setattr("orders.actions.clock.BATCH", 2)
        member, off = make_member(takes_orders=True), make_member(name="Олег", takes_orders=False)
        ChannelMember.objects.create(channel=Channel.objects.get(code="site"), member=off)
        for quantity in (1, 2, 3):
            place(("TEA", quantity))
        last = place(("TEA", 1), channel_code="phone").order
        assert assign_waiting(now=NOW) == 2
        last.refresh_from_db()
        assert last.manager_id == member.id

    def test_the_least_loaded_who_works_now(self, tea):
        one, two = (make_member(name=name, takes_orders=True) for name in ("Марія", "Ірина"))
        make_member(name="Не бере", takes_orders=False)
        make_member(name="Нічна", takes_orders=True, work_start="20:00", work_end="23:00")
        given = []
        for quantity in (1, 2, 3, 4):
            order = place(("TEA", quantity)).order
            assign_by_load(order_id=order.id, actor=SYSTEM, now=NOW)
            order.refresh_from_db()
            given.append(order.manager_id)
        assert given == [one.id, two.id, one.id, two.id]

    def test_a_channel_keeps_to_its_own(self, tea):
        make_member(name="Марія", takes_orders=True)
        own = make_member(name="Ірина", takes_orders=True)
        ChannelMember.objects.create(channel=Channel.objects.get(code="site"), member=own)
        for quantity in (1, 2):
            order = place(("TEA", quantity)).order
            assign_by_load(order_id=order.id, actor=SYSTEM, now=NOW)
        assert set(Order.objects.values_list("manager_id", flat=True)) == {own.id}

    def test_an_order_of_the_night_is_given_in_the_morning(self, tea):
        member = make_member(takes_orders=True)
        night = NOW + timedelta(hours=13)
        order = place(("TEA", 1), now=night).order
        assert assign_waiting(now=night) == 1
        order.refresh_from_db()
        assert order.manager_id is None
        assign_waiting(now=NOW + timedelta(days=1))
        order.refresh_from_db()
        assert order.manager_id == member.id

    def test_a_manager_who_has_it_keeps_it(self, tea):
        first, _other = make_member(name="Марія"), make_member(name="Ірина", takes_orders=True)
        order = place(("TEA", 1)).order
        assign_manager(order_id=order.id, manager_id=first.id, actor=SYSTEM, now=NOW)
        assign_by_load(order_id=order.id, actor=SYSTEM, now=NOW)
        order.refresh_from_db()
        assert order.manager_id == first.id


@pytest.mark.parametrize(
    ("start", "minutes_of_work", "end"),
    [
        ("2026-03-02T11:00", 30, "2026-03-02T11:30"),
        ("2026-03-02T17:50", 30, "2026-03-03T09:20"),
        ("2026-03-06T17:50", 30, "2026-03-09T09:20"),  # over the weekend
        ("2026-03-07T12:00", 1, "2026-03-09T09:01"),
        ("2026-03-27T17:59", 61, "2026-03-30T10:00"),  # over the change of the clocks
        ("2026-03-02T08:00", 9 * 60 + 1, "2026-03-03T09:01"),
    ],
)
def test_working_time(start, minutes_of_work, end):
    zone = ZoneInfo("Europe/Kyiv")
    week = WorkWeek(0b0011111, time(9), time(18), "Europe/Kyiv")
    got = week.after(datetime.fromisoformat(start).replace(tzinfo=zone), minutes_of_work)
    assert got == datetime.fromisoformat(end).replace(tzinfo=zone)
