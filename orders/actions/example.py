"""Orders of the example that a new company may fill itself with, and take away again.

They are drafted as every order is, and then put straight into the stage they stand for. Their
numbers are below zero, so that the company's own begin at one and have no gap once the example
is gone. They hold no goods, and none of their rows is of a kind that only grows (moves, payments,
the ledger): whatever is tried on them, all of it can go (docs/onboarding.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Min
from django.utils import timezone

from crm.fields.actions import delete_values
from crm.fields.models import Kind
from crm.tenancy.batch import draw_ids
from crm.tenancy.context import current_tenant_id
from customers.models import Customer
from inventory.models import Demand, StockItem
from orders.actions._common import default_status
from orders.actions._config import read_intake
from orders.actions.draft import Draft, read_variants, tags_of
from orders.errors import UnknownChannel
from orders.inputs import OrderInput
from orders.models import (
    CancelReason,
    Order,
    OrderLine,
    OrderTag,
    Parcel,
    PickItem,
    PickList,
    PickListState,
)
from orders.pipeline import LOCKED, Stage
from orders.search import index_orders

_SENT = frozenset({Stage.SHIPPED, Stage.DELIVERED, Stage.RETURNED})
# What may hang on an example order and goes with it, innermost first.
_OF_LINES = ("orders_pickitem", "orders_returnline")
_OF_ORDERS = (
    "orders_picklist",
    "orders_parcel",
    "orders_editrequest",
    "orders_ordernote",
    "orders_search",
    "orders_ordertag",
    "orders_orderline",
)


@dataclass(frozen=True, slots=True)
class ExampleOrder:
    """An order as it stands: `data` with the day it was placed, its stage, and since when."""

    data: OrderInput
    stage: Stage
    since: datetime
    customer: Customer
    paid: bool = False


@transaction.atomic
def place_example_orders(
    *, orders: Sequence[ExampleOrder], prefix: str, now: datetime
) -> list[Order]:
    """Store the orders in their places, numbered downwards from the last example's number.

    `prefix` stands before their numbers ("EX-3"). The caller has seen to it that nobody
    else fills the company at this moment.
    """
    variants = read_variants([line for one in orders for line in one.data.lines])
    demand_ids, order_ids, line_ids = draw_ids(
        (Demand, len(orders)),
        (Order, len(orders)),
        (OrderLine, sum(len(one.data.lines) for one in orders)),
    )
    last = min(Order.objects.aggregate(last=Min("number"))["last"] or 0, 0)
    reason = CancelReason.objects.filter(is_active=True).order_by("position", "pk").first()
    made: list[Order] = []
    lines: dict[int, list[OrderLine]] = {}
    tags: list[OrderTag] = []
    for place, one in enumerate(orders):
        own_ids, line_ids = line_ids[: len(one.data.lines)], line_ids[len(one.data.lines) :]
        draft = _draft(one.data, now)
        own = draft.make_lines(order_ids[place], own_ids, variants)
        order = draft.make_order(order_ids[place], demand_ids[place], one.customer, own, now)
        order.number, order.prefix = last - place - 1, prefix
        order.recipient_phone = one.data.delivery.recipient_phone
        _put(order, own, one)
        if one.stage == Stage.CANCELLED:
            order.cancel_reason = reason
        made.append(order)
        lines[order.pk] = own
        tags += tags_of(order, one.data.tags)
    Demand.objects.bulk_create(
        [Demand(id=o.demand_id, number=o.number, created_at=o.placed_at) for o in made]
    )
    Order.objects.bulk_create(made)
    OrderLine.objects.bulk_create([line for own in lines.values() for line in own])
    OrderTag.objects.bulk_create(tags)
    _pick_and_pack(made, lines)
    index_orders([order.pk for order in made])
    return made


def _draft(data: OrderInput, now: datetime) -> Draft:
    today = timezone.localdate(now)
    intake = read_intake(
        code=data.channel_code, external_id="", currency=data.currency, day=today, today=today
    )
    if intake is None:
        raise UnknownChannel(field="channel", channel=data.channel_code)
    return Draft(data, intake, data.placed_at or now)


def _put(order: Order, lines: Sequence[OrderLine], one: ExampleOrder) -> None:
    """Put a drafted order into its stage; no clock runs for it."""
    order.status = default_status(one.stage)
    order.stage = order.status.stage
    order.status_since = order.updated_at = one.since
    order.created_at = order.placed_at
    order.respond_by = order.next_alarm_at = None
    order.responded_at = None if one.stage == Stage.NEW else one.since
    order.problems, order.has_problems = [], False
    if one.paid:
        order.paid = order.total
    if one.stage == Stage.RETURNED:
        order.refunded = order.paid
        for line in lines:
            line.returned = line.quantity


def _pick_and_pack(orders: Sequence[Order], lines: dict[int, list[OrderLine]]) -> None:
    """The lists of what the warehouse has in hand or has packed, and the parcels."""
    cells = dict(
        StockItem.objects.filter(
            variant_id__in={line.variant_id for own in lines.values() for line in own}
        )
        .exclude(cell="")
        .values_list("variant_id", "cell")
    )
    picked = [order for order in orders if order.stage in LOCKED]
    lists = PickList.objects.bulk_create(
        [
            PickList(
                order=order,
                state=PickListState.OPEN if order.stage == Stage.PICKING else PickListState.DONE,
                created_at=order.status_since,
                finished_at=None if order.stage == Stage.PICKING else order.status_since,
            )
            for order in picked
        ]
    )
    PickItem.objects.bulk_create(
        [
            PickItem(
                pick_list=pick_list,
                line=line,
                position=line.position,
                quantity=line.quantity,
                picked=0 if pick_list.state == PickListState.OPEN else line.quantity,
                cell=cells.get(line.variant_id, ""),
            )
            for pick_list in lists
            for line in lines[pick_list.order_id]
        ]
    )
    Parcel.objects.bulk_create(
        [
            Parcel(
                order=order,
                # No carrier knows such a number.
                tracking_number=f"EXAMPLE{-order.number:04}" if order.stage in _SENT else "",
                weight_g=500 * sum(line.quantity for line in lines[order.pk]),
                packed_at=order.status_since,
                packed_by=order.prefix,
            )
            for order in orders
            if order.stage in _SENT or order.stage == Stage.PACKED
        ]
    )


@transaction.atomic
def remove_example_orders(
    *, order_ids: Sequence[int], customer_ids: Sequence[int], variant_ids: Sequence[int]
) -> dict[int, str]:
    """Delete the orders with all that was tried on them; repeating it changes nothing.

    Returns those that stay with why: "own_customer" or "own_goods" where somebody made it an
    order of a customer or of goods of their own, "in_use" where more hangs on it.
    """
    rows = list(
        Order.objects.select_for_update()
        .filter(pk__in=order_ids, number__lt=0)
        .order_by("pk")
        .values_list("pk", "demand_id", "customer_id")
    )
    ours, goods = set(customer_ids), set(variant_ids)
    kept = {pk: "own_customer" for pk, _demand, customer in rows if customer not in ours}
    foreign = OrderLine.objects.filter(
        order_id__in=[row[0] for row in rows], variant_id__isnull=False
    ).exclude(variant_id__in=goods)
    kept.update(dict.fromkeys(foreign.values_list("order_id", flat=True), "own_goods"))
    free = [(pk, demand) for pk, demand, _customer in rows if pk not in kept]
    if not _delete(free):
        kept.update({pair[0]: "in_use" for pair in free if not _delete([pair])})
    return kept


def _delete(pairs: Sequence[tuple[int, int]]) -> bool:
    """Delete orders with what is theirs alone; False, and nothing done, where more hangs on one."""
    ids, demands = [pk for pk, _demand in pairs], [demand for _pk, demand in pairs]
    tenant_id = current_tenant_id()
    of_line = (
        "line_id IN (SELECT id FROM orders_orderline WHERE tenant_id = %s AND order_id = ANY(%s))"
    )
    statements: list[tuple[str, str, list[Any]]] = [
        (table, of_line, [tenant_id, ids]) for table in _OF_LINES
    ]
    statements += [(table, "order_id = ANY(%s)", [ids]) for table in _OF_ORDERS]
    statements += [
        ("orders_order", "id = ANY(%s)", [ids]),
        ("inventory_demand", "id = ANY(%s)", [demands]),
        # What was still to be said of them.
        ("outbox_outboxevent", "object_type = 'order' AND object_id = ANY(%s)", [ids]),
    ]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for table, condition, values in statements:
                cursor.execute(
                    f"DELETE FROM {table} WHERE tenant_id = %s AND {condition}",  # noqa: S608 - our own names
                    [tenant_id, *values],
                )
            delete_values(Kind.ORDER, ids)
    except IntegrityError:
        return False
    return True
