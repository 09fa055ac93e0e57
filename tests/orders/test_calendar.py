"""The working calendar and skills, where they bite: clocks, picking, who is given an order."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from crm.accounts.models import Team, TeamMember
from orders.actions import assign
from orders.actions import configure_calendar as calendar
from orders.actions.assign import assign_by_load
from orders.actions.clock import raise_alarms, start_due_picking
from orders.actions.configure_calendar import DayHours
from orders.holidays import easter, list_holidays
from orders.hours import WorkWeek
from orders.models import Channel, ChannelMember, Holiday, MemberSkill, Order, OrderSettings, Skill
from orders.pipeline import Stage
from tests.orders.conftest import NOW, SYSTEM, make_member, place, settle

BY = {"actor": SYSTEM, "now": NOW}
USUAL = DayHours(True, time(9), time(18), time(9))
FREE = DayHours(False, time(9), time(18), time(9))


@pytest.mark.parametrize(
    ("year", "day"),
    [(2024, (5, 5)), (2025, (4, 20)), (2026, (4, 12)), (2027, (5, 2)), (2028, (4, 16))],
)
def test_easter_is_the_julian_one(year, day):
    assert easter(year) == date(year, *day)


def test_public_holidays_of_a_year():
    days = dict(list_holidays(2026))
    assert len(days) == 11
    assert list(days) == sorted(days)
    assert date(2026, 5, 31) in days  # Trinity
    assert date(2026, 1, 7) not in days


def test_a_holiday_and_a_day_with_hours_of_its_own_are_no_usual_working_time():
    week = WorkWeek(
        0b0111111,
        time(9),
        time(18),
        "Europe/Kyiv",
        {5: (time(10), time(12))},
        {date(2026, 3, 3)},
    )
    monday_evening = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)  # 17:30 in Kyiv
    assert week.after(monday_evening, 60) == datetime(2026, 3, 4, 7, 30, tzinfo=UTC)
    friday_evening = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)
    assert week.after(friday_evening, 180) == datetime(2026, 3, 9, 7, 30, tzinfo=UTC)
    assert not week.is_open(datetime(2026, 3, 3, 10, tzinfo=UTC))
    assert week.is_open(datetime(2026, 3, 4, 10, tzinfo=UTC))
    assert not week.is_open(datetime(2026, 3, 7, 11, tzinfo=UTC))  # a Saturday, 13:00


def test_an_order_of_a_holiday_is_answered_on_the_next_working_day(tea):
    plain = place(("TEA", 1)).order
    assert plain.respond_by == NOW + timedelta(minutes=30)
    Holiday.objects.create(day=date(2026, 3, 2), name="Свято")
    festive = place(("TEA", 2)).order
    assert festive.respond_by == datetime(2026, 3, 3, 7, 30, tzinfo=UTC)
    assert raise_alarms(now=NOW + timedelta(hours=2)) == 0


def test_an_own_hour_of_a_day_moves_the_clock(tea):
    week = [USUAL] * 7
    week[0] = DayHours(True, time(9), time(11, 10), time(9))
    calendar.set_week(days=week, **BY)
    assert place(("TEA", 1)).order.respond_by == datetime(2026, 3, 3, 7, 20, tzinfo=UTC)


def test_the_week_is_kept_as_it_was_typed(tea_shop):
    week = [USUAL] * 5 + [DayHours(True, time(10), time(15), time(11)), FREE]
    calendar.set_week(days=week, **BY)
    stored = OrderSettings.objects.get()
    assert calendar.read_days(stored) == week
    assert (stored.work_days, stored.day_hours) == (0b0111111, {"5": ["10:00", "15:00", "11:00"]})


def test_picking_waits_for_the_hour_of_the_day_and_not_on_a_holiday(tea):
    order = settle(place(("TEA", 1)).order, ship_date=date(2026, 3, 3))
    week = [USUAL] * 7
    week[1] = DayHours(True, time(9), time(18), time(13))
    calendar.set_week(days=week, **BY)
    tuesday = datetime(2026, 3, 3, 10, tzinfo=UTC)  # 12:00
    assert start_due_picking(now=tuesday) == 0
    holiday = Holiday.objects.create(day=date(2026, 3, 3), name="Свято")
    assert start_due_picking(now=tuesday + timedelta(hours=2)) == 0
    holiday.delete()
    assert start_due_picking(now=tuesday + timedelta(hours=2)) == 1
    order.refresh_from_db()
    assert order.stage == Stage.PICKING


# --- Who is given an order -------------------------------------------------------------------


def given(quantity: int = 1) -> int | None:
    order = place(("TEA", quantity)).order
    assign_by_load(order_id=order.pk, actor=SYSTEM, now=NOW)
    return Order.objects.get(pk=order.pk).manager_id


def site(**fields: object) -> Channel:
    Channel.objects.filter(code="site").update(**fields)
    return Channel.objects.get(code="site")


def test_nobody_is_given_orders_on_a_holiday(tea):
    member = make_member(takes_orders=True)
    holiday = Holiday.objects.create(day=date(2026, 3, 2), name="Свято")
    assert given(1) is None
    holiday.delete()
    assert given(2) == member.pk


def test_a_channel_asks_for_a_skill(tea):
    _other, able = (make_member(name=name, takes_orders=True) for name in ("Марія", "Ірина"))
    skill = Skill.objects.create(name="Польська")
    site(skill=skill)
    assert given(1) is None
    MemberSkill.objects.create(member=able, skill=skill)
    assert [given(n) for n in (2, 3, 4)] == [able.pk] * 3


def test_a_team_is_a_pool_and_adds_to_the_channels_own(tea):
    members = [make_member(name=name, takes_orders=True) for name in ("Марія", "Ірина", "Оля")]
    team = Team.objects.create(name="Роздріб")
    TeamMember.objects.create(team=team, member=members[1])
    channel = site(team=team)
    assert [given(n) for n in (1, 2)] == [members[1].pk] * 2
    ChannelMember.objects.create(channel=channel, member=members[2])
    assert {given(n) for n in (3, 4)} == {members[2].pk}


def test_the_channels_manager_comes_first_while_at_work(tea):
    other, first = (make_member(name=name, takes_orders=True) for name in ("Марія", "Ірина"))
    site(default_manager=first)
    assert [given(n) for n in (1, 2, 3)] == [first.pk] * 3
    first.work_start = time(20)
    first.work_end = time(23)
    first.save()
    assert given(4) == other.pk


def test_choosing_is_one_statement(tea, django_assert_num_queries):
    make_member(takes_orders=True)
    channel = Channel.objects.get(code="site")
    with django_assert_num_queries(2):  # the choice, and the member who was chosen
        assert assign._least_loaded(channel.pk, NOW) is not None
