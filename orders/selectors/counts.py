"""Figures beside the lists. A count stops at a cap: nobody needs the rest of "10,000+"."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Round

from crm.tenancy.context import current_tenant_id
from orders.models import Order, OrderTag
from orders.pipeline import OPEN, Stage
from orders.selectors.visible import Viewer, visible_condition

CAP = 10_000

_BY_STAGE = """
SELECT stage, (SELECT count(*) FROM (
    SELECT FROM orders_order o WHERE o.tenant_id = %s AND o.stage = stages.stage LIMIT %s) s)
FROM unnest(%s::smallint[]) stages(stage)
"""
_ANY = "SELECT EXISTS (SELECT FROM orders_order WHERE tenant_id = %s)"
# Jumps from name to name along the index instead of reading every tag of every order.
_TAG_NAMES = """
WITH RECURSIVE names AS (
    (SELECT name FROM orders_ordertag WHERE tenant_id = %(tenant)s ORDER BY name LIMIT 1)
    UNION ALL
    SELECT (SELECT t.name FROM orders_ordertag t
            WHERE t.tenant_id = %(tenant)s AND t.name > names.name ORDER BY t.name LIMIT 1)
    FROM names WHERE names.name IS NOT NULL
)
SELECT name FROM names WHERE name IS NOT NULL LIMIT %(limit)s
"""


def count_by_stage(viewer: Viewer) -> dict[Stage, int]:
    """Count the viewer's orders of each open stage, up to CAP + 1. One query."""
    condition = visible_condition(viewer)
    if condition is not None:
        rows = Order.objects.filter(condition, stage__in=OPEN).order_by().values("stage")
        found = dict(rows.annotate(n=Count("id")).values_list("stage", "n"))
        return {stage: min(found.get(stage, 0), CAP + 1) for stage in OPEN}
    with connection.cursor() as cursor:
        cursor.execute(_BY_STAGE, [current_tenant_id(), CAP + 1, list(OPEN)])
        return {Stage(stage): count for stage, count in cursor.fetchall()}


def has_any_order(viewer: Viewer) -> bool:
    """Tell whether the viewer has ever had an order. One query."""
    condition = visible_condition(viewer)
    if condition is not None:
        return Order.objects.filter(condition).exists()
    with connection.cursor() as cursor:
        cursor.execute(_ANY, [current_tenant_id()])
        return cursor.fetchone()[0]


def list_tag_names(*, viewer: Viewer, limit: int = 60) -> list[str]:
    """Return the names of tags on the viewer's orders. One query."""
    condition = visible_condition(viewer)
    if condition is not None:
        mine = OrderTag.objects.filter(order_id__in=Order.objects.filter(condition).values("id"))
        return list(mine.order_by("name").values_list("name", flat=True).distinct()[:limit])
    with connection.cursor() as cursor:
        cursor.execute(_TAG_NAMES, {"tenant": current_tenant_id(), "limit": limit})
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class ColumnSum:
    """How many orders stand in a status, and their worth in the company's currency."""

    count: int = 0
    worth: Decimal = Decimal(0)


def sum_by_status(orders: QuerySet[Order]) -> dict[int, ColumnSum]:
    """Count and add up orders by status. One query, over what the caller bounded."""
    kept = F("total_base") - Round(F("returned_total") * F("rate"), 2)
    rows = (
        orders.order_by()
        .values("status_id")
        .annotate(count=Count("id"), worth=Sum(kept, filter=Q(is_counted=True)))
        .values_list("status_id", "count", "worth")
    )
    return {status: ColumnSum(count, worth or Decimal(0)) for status, count, worth in rows}
