"""Orders in a currency that had no rate when they came."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from crm.outbox.drain import drain_tenant
from crm.tenancy.context import current_tenant_id
from orders.actions.configure import set_rate
from orders.models import Order
from tests.orders.conftest import NOW, SYSTEM, place


def euro(price: int, **fields):
    order = place(("TEA", 1), currency="EUR", **fields).order
    Order.objects.filter(id=order.id).update(total=price, problems=["no_rate"])
    return order


def give(rate: int, since: date):
    set_rate(currency="EUR", rate=Decimal(rate), since=since, actor=SYSTEM, now=NOW)
    drain_tenant(current_tenant_id())


def test_a_rate_counts_the_orders_that_wait_for_it_and_no_others(tea):
    waiting = euro(10)
    early = euro(10, placed_at=NOW - timedelta(days=30))
    dollars = place(("TEA", 1), currency="USD").order
    give(44, NOW.date() - timedelta(days=1))
    waiting.refresh_from_db()
    early.refresh_from_db()
    dollars.refresh_from_db()
    assert (waiting.total_base, waiting.problems, waiting.has_problems) == (440, [], False)
    assert (early.total_base, early.problems) == (0, ["no_rate"])
    assert "no_rate" in dollars.problems


def test_however_many_wait_for_it(tea, monkeypatch):
    monkeypatch.setattr("orders.actions.rates.BATCH", 1)
    early = euro(10, placed_at=NOW - timedelta(days=30))
    orders = [euro(price) for price in (20, 30)]
    give(44, NOW.date())
    assert list(
        Order.objects.filter(id__in=[early.id, orders[0].id, orders[1].id])
        .order_by("id")
        .values_list("total_base", flat=True)
    ) == [0, 880, 1320]


def test_an_order_that_has_its_rate_keeps_it(tea):
    order = euro(10)
    give(44, NOW.date())
    give(50, NOW.date())
    order.refresh_from_db()
    assert (order.rate, order.total_base) == (44, 440)


def test_the_day_of_a_rate_is_the_companys(tea, tea_shop):
    tea_shop.time_zone = "Pacific/Auckland"
    tea_shop.save()
    order = euro(10, placed_at=datetime(2026, 3, 1, 15, 0, tzinfo=UTC))  # the second of March there
    give(44, date(2026, 3, 2))
    order.refresh_from_db()
    assert (order.rate, order.problems) == (44, [])
