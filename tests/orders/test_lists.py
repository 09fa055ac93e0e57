"""The list of orders: what each filter finds, in which order, page by page, in how many queries."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.tenancy.context import tenant_scope
from orders.models import Channel, Order, OrderTag, Status
from orders.pipeline import Stage
from orders.selectors import lists
from orders.selectors.counts import count_by_stage, has_any_order, list_tag_names
from orders.selectors.directory import read_directory
from orders.selectors.filters import Days, OrderFilters
from orders.selectors.lists import count_orders, list_orders
from tests.orders.lists import NOW, found, in_stage, put, stock, today


@pytest.fixture(autouse=True)
def _goods(shop):
    stock()


def page(*, size=2, sort="-placed", **cursor):
    return list_orders(
        OrderFilters(sort=sort),
        viewer=None,
        directory=read_directory(),
        now=NOW,
        size=size,
        **cursor,
    )


def shown(result):
    return [row.order.number for row in result.rows]


# --- Order and pages -----------------------------------------------------------------------------


def test_newest_come_first_and_pages_follow_each_other_both_ways():
    for ago in (50, 40, 30, 20, 10):
        put(ago)

    first = page()
    second = page(after=first.older)
    third = page(after=second.older)
    back = page(before=third.newer)

    assert [shown(p) for p in (first, second, third)] == [[5, 4], [3, 2], [1]]
    assert shown(back) == [3, 2]
    assert (first.newer, bool(first.older)) == ("", True)
    assert (bool(third.newer), third.older) == (True, "")
    # Going back to the top gives the whole first page, however few precede the cursor.
    assert shown(page(before=back.newer)) == [5, 4]


def test_orders_placed_in_the_same_moment_are_all_shown_once():
    for _ in range(5):
        put(30)

    seen, after = [], ""
    for _ in range(3):
        result = page(after=after)
        seen += shown(result)
        after = result.older

    assert seen == [5, 4, 3, 2, 1]
    assert after == ""


def test_a_cursor_that_cant_be_read_is_the_first_page():
    put(10)
    put(20)

    for broken in ("nonsense", "_", "99999999999999999999999_1", "12_x"):
        assert shown(page(after=broken)) == [1, 2]


def test_the_day_of_shipment_sorts_those_that_have_one():
    put(30, ship_date=today() + timedelta(days=2))
    put(20, ship_date=None)
    put(10, ship_date=today())
    put(5, ship_date=today())

    first = page(sort="ship")

    assert shown(first) == [3, 4]
    assert shown(page(sort="ship", after=first.older)) == [1]
    assert found(sort="-ship") == [1, 4, 3]


def test_who_waits_longest_stands_first_and_the_closed_do_not_wait():
    put(10, status_since=NOW - timedelta(hours=3))
    put(20, status_since=NOW - timedelta(hours=9))
    put(30, status_since=NOW - timedelta(hours=20), **in_stage(Stage.DELIVERED))

    assert found(sort="waiting") == [2, 1]
    assert found(sort="-waiting") == [1, 2]


# --- Filters: each with an order that it finds and one that it leaves ---------------------------


def test_stage_and_status():
    put(30)
    put(20, **in_stage(Stage.AGREED))
    put(10, **in_stage(Stage.SHIPPED))
    agreed = Status.objects.get(stage=Stage.AGREED)
    shipped = Status.objects.get(stage=Stage.SHIPPED)

    assert found(stages=(Stage.AGREED,)) == [2]
    assert found(stages=(Stage.AGREED, Stage.NEW)) == [2, 1]
    assert found(statuses=(agreed.pk, shipped.pk)) == [3, 2]
    assert found(statuses=(agreed.pk,), stages=(Stage.NEW,)) == []


def test_channel_and_delivery():
    phone = Channel.objects.get(code="phone")
    put(20)
    put(10, channel_id=phone.pk, delivery_method="pickup")

    assert found(channels=(phone.pk,)) == [2]
    assert found(deliveries=("pickup", "meest")) == [2]
    assert found(deliveries=("meest",)) == []


def test_manager_somebody_or_nobody(manager, owner):
    put(30)
    put(20, manager_id=manager.pk)
    put(10, manager_id=owner.pk)

    assert found(managers=(manager.pk,)) == [2]
    assert found(nobody=True) == [1]
    assert found(managers=(owner.pk,), nobody=True) == [3, 1]


def test_days_of_placing_are_days_of_the_company(shop):
    """22:30 in UTC is half past midnight in Kyiv: the next day."""
    put(placed_at=NOW.replace(hour=22, minute=30) - timedelta(days=1))  # 2 March, 00:30
    put(placed_at=NOW.replace(hour=21, minute=30) - timedelta(days=1))  # 1 March, 23:30

    assert found(placed=Days(today(), today())) == [1]
    assert found(placed=Days(None, today() - timedelta(days=1))) == [2]
    assert found(placed=Days(today() - timedelta(days=1), None)) == [1, 2]


def test_day_of_shipment():
    put(30, ship_date=today())
    put(20, ship_date=today() + timedelta(days=1))
    put(10)

    assert found(ship=Days(today(), today())) == [1]
    assert found(ship=Days(today() + timedelta(days=1), None)) == [2]
    assert found(no_ship_date=True) == [3]


def test_payment_is_what_came_less_what_went_back():
    put(40, total=100, paid=100)
    put(30, total=100, paid=40)
    put(20, total=100, paid=0)
    put(10, total=100, paid=100, refunded=100)
    put(5, total=0, paid=0)

    assert found(payment="paid") == [5, 1]
    assert found(payment="part") == [2]
    assert found(payment="unpaid") == [4, 3]


def test_tag():
    put(20)
    tagged = put(10)
    OrderTag.objects.create(order=tagged, name="VIP")

    assert found(tag="VIP") == [2]
    assert found(tag="VI") == []


def test_late_in_a_status_or_without_an_answer():
    limit = Status.objects.get(stage=Stage.AGREED).hours_limit
    agreed = in_stage(Stage.AGREED)
    answered = {"responded_at": NOW, "respond_by": NOW - timedelta(hours=1)}
    put(40, status_since=NOW - timedelta(hours=limit, minutes=1), **agreed, **answered)
    put(30, status_since=NOW - timedelta(hours=limit, minutes=-1), **agreed, **answered)
    put(20, status_since=NOW, respond_by=NOW - timedelta(minutes=1), responded_at=None)
    put(15, status_since=NOW, respond_by=NOW - timedelta(minutes=1), responded_at=NOW)
    put(10, status_since=NOW, respond_by=NOW + timedelta(minutes=1), responded_at=None)
    put(5, status_since=NOW - timedelta(days=99), **in_stage(Stage.DELIVERED), **answered)

    assert found(late=True) == [3, 1]


def test_while_the_first_answer_is_due_its_clock_alone_tells_who_is_late():
    """It runs in hours of work: an order of the evening is not late in the morning."""
    old = NOW - timedelta(
        hours=Status.objects.get(stage=Stage.NEW, is_default=True).hours_limit + 9
    )
    put(30, status_since=old, respond_by=NOW + timedelta(minutes=1), responded_at=None)
    put(20, status_since=old, respond_by=NOW + timedelta(minutes=1), responded_at=NOW)
    put(10, status_since=old, respond_by=None, responded_at=None)

    rows = list_orders(OrderFilters(), viewer=None, directory=read_directory(), now=NOW).rows

    assert [(row.order.number, row.is_late, row.is_soon) for row in rows] == [
        (3, True, True),
        (2, True, True),
        (1, False, False),
    ]
    assert found(late=True) == [3, 2]


def test_troubles_of_orders_that_can_still_be_mended():
    put(60, has_problems=True)
    put(50, is_short=True)
    put(40, duplicate_state="suspected")
    put(30, duplicate_state="rejected")
    put(20, is_short=True, **in_stage(Stage.SHIPPED))
    put(10, has_problems=True, **in_stage(Stage.CANCELLED))

    assert found(troubles=("problems",)) == [1]
    assert found(troubles=("short",)) == [2]
    assert found(troubles=("duplicate",)) == [3]
    assert found(troubles=("problems", "duplicate")) == [3, 1]


def test_one_customer():
    first = put(20, phone="+380671112233")
    put(15)
    put(10, phone="+380671112233")

    assert found(customer=first.customer_id) == [3, 1]


def test_fields_narrow_each_other(manager):
    put(20, manager_id=manager.pk)
    put(10, manager_id=manager.pk, **in_stage(Stage.AGREED))
    put(5, **in_stage(Stage.AGREED))

    assert found(managers=(manager.pk,), stages=(Stage.AGREED,)) == [2]


def test_the_neighbour_is_not_seen(neighbour):
    put(10)
    with tenant_scope(neighbour.pk):
        stock()
        put(5)
        assert found() == [1]
        assert Order.objects.count() == 1

    assert found() == [1]


# --- Rows ----------------------------------------------------------------------------------------


def test_a_row_knows_its_customer_goods_money_and_lateness(manager):
    order = put(
        90,
        phone="+380671112233",
        total=Decimal("250.00"),
        paid=Decimal("100.00"),
        manager_id=manager.pk,
        recipient_phone="+380990000000",
        ship_date=today() - timedelta(days=1),
        status_since=NOW - timedelta(minutes=90),
        respond_by=NOW - timedelta(minutes=60),
    )
    OrderTag.objects.create(order=order, name="VIP")

    (row,) = list_orders(OrderFilters(), viewer=None, directory=read_directory(), now=NOW).rows

    assert (row.name, row.phone) == ("Олена Петренко", "+380671112233")
    assert (row.goods.first, row.goods.more, row.goods.units) == ("Чай", 0, 1)
    assert (row.payment, row.due) == ("part", Decimal("150.00"))
    assert (row.manager, row.tags) == (manager, ["VIP"])
    assert row.in_status == timedelta(minutes=90)
    assert (row.no_answer, row.is_late, row.ship_is_past) == (True, True, True)


def test_time_in_a_status_warns_at_three_quarters_of_the_limit():
    limit = timedelta(hours=Status.objects.get(stage=Stage.AGREED).hours_limit)
    fields = {**in_stage(Stage.AGREED), "responded_at": NOW}
    put(30, status_since=NOW - limit * 0.7, **fields)
    put(20, status_since=NOW - limit * 0.8, **fields)
    put(10, status_since=NOW - limit * 1.1, **fields)

    rows = list_orders(OrderFilters(), viewer=None, directory=read_directory(), now=NOW).rows

    assert [(row.is_soon, row.is_late) for row in rows] == [
        (True, True),
        (True, False),
        (False, False),
    ]


# --- Counts and cost -----------------------------------------------------------------------------


def test_counts_stop_at_the_cap(monkeypatch):
    for ago in range(4):
        put(ago)

    def count():
        return count_orders(OrderFilters(), viewer=None, directory=read_directory(), now=NOW)

    assert count() == 4
    monkeypatch.setattr(lists, "COUNT_CAP", 2)
    assert count() == 3  # "more than 2"


def test_stages_are_counted_by_one_query(django_assert_num_queries):
    put(20)
    put(10)
    put(5, **in_stage(Stage.SHIPPED))
    put(1, **in_stage(Stage.DELIVERED))

    with django_assert_num_queries(1):
        counts = count_by_stage(None)

    assert counts == {
        Stage.NEW: 2,
        Stage.AGREED: 0,
        Stage.PICKING: 0,
        Stage.PACKED: 0,
        Stage.SHIPPED: 1,
    }


def test_tags_in_use_are_named_once_in_order():
    for ago, name in ((30, "б"), (20, "а"), (10, "б")):
        OrderTag.objects.create(order=put(ago), name=name)

    assert list_tag_names(viewer=None) == ["а", "б"]
    assert list_tag_names(viewer=None, limit=1) == ["а"]


def test_there_are_orders_or_none():
    assert not has_any_order(None)
    put()
    assert has_any_order(None)


def test_a_page_costs_the_same_however_many_orders():
    directory = read_directory()
    everything = OrderFilters(
        stages=(Stage.NEW,), late=True, payment="unpaid", placed=Days(today(), None)
    )

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            rows = list_orders(everything, viewer=None, directory=directory, now=NOW).rows
        return len(rows), len(queries)

    for ago in range(61, 64):
        OrderTag.objects.create(order=put(ago, respond_by=NOW - timedelta(hours=1)), name="a")
    few = cost()
    for ago in range(64, 74):
        put(ago, respond_by=NOW - timedelta(hours=1))

    assert few == (3, 5)
    assert cost() == (13, 5)
