"""Orders that came before their currency had a rate."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.timezone import localdate

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from orders import problems
from orders.actions._common import lock_order, save_order
from orders.models import ExchangeRate, Order
from orders.totals import round_money

BATCH = 500


def list_without_rate(*, currency: str, after: int = 0) -> list[int]:
    """The ids of the orders in a currency that wait for its rate, so many at a time."""
    waiting = Order.objects.filter(
        currency=currency, has_problems=True, problems__contains=[problems.NO_RATE], id__gt=after
    )
    return list(waiting.order_by("id").values_list("id", flat=True)[:BATCH])


def find_rate(order: Order) -> Decimal | None:
    """The rate of an order's currency on its day, as the company's clock has it, if there is one.
    Two queries."""
    zone = ZoneInfo(Tenant.objects.get(id=current_tenant_id()).time_zone)
    day = localdate(order.placed_at, zone)
    rates = ExchangeRate.objects.filter(currency=order.currency, since__lte=day)
    return rates.order_by("-since").values_list("rate", flat=True).first()


@transaction.atomic
def give_rate(*, order_id: int, actor: Actor, now: datetime) -> Order:
    """Count an order's worth in the company's currency by the rate of its day, if there is one
    now. An order that has its rate keeps it."""
    order = lock_order(order_id)
    if problems.NO_RATE not in order.problems:
        return order
    rate = find_rate(order)
    if rate is None:
        return order
    before = list(order.problems)
    order.rate = rate
    order.total_base = round_money(order.total * rate)
    order.problems = [problem for problem in before if problem != problems.NO_RATE]
    order.has_problems = bool(order.problems)
    save_order(order, ["rate", "total_base", "problems", "has_problems"], now=now)
    record(
        "order.problems_changed",
        order,
        actor=actor,
        now=now,
        changes={"problems": [before, order.problems]},
    )
    return order
