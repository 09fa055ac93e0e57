"""Placing an order: the one way in, for storefronts, marketplaces, managers and imports.

Built for the rush: some ten statements whatever the number of lines. The stock is locked late
and the gap-free number is drawn by the very last statement, which stores everything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from crm.audit.actor import Actor
from crm.audit.record import build_record
from crm.fields.models import FieldValue, Kind
from crm.fields.selectors import definitions_by_code
from crm.outbox.wake import wake_after_commit
from crm.tenancy.batch import Cte, Sql, draw_ids, insert_together
from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_all
from customers.actions.resolve import read_buyer, resolve_customer
from customers.models import Customer
from inventory.actions.reserve import OutOfStock, StockChange, Want, plan_reservations
from inventory.models import Demand
from orders import events, problems
from orders.actions._config import Intake, read_intake
from orders.actions.draft import (
    Draft,
    check_limits,
    fill_custom,
    payments_of,
    read_variants,
    tags_of,
)
from orders.errors import ExternalIdConflict, InvalidOrder, UnknownChannel
from orders.inputs import OrderInput
from orders.models import (
    DuplicateState,
    Order,
    OrderLine,
    OrderTransition,
    StockPolicy,
)
from orders.pipeline import Stage

_FIND_EARLIER = """
SELECT id FROM orders_order
WHERE tenant_id = %s AND customer_id = %s AND placed_at BETWEEN %s AND %s
  AND basket_hash = %s AND stage <> %s
"""
# A look of its own, after the one that took the lock: what had been committed between is seen.
_KNOWN = """
SELECT id FROM orders_order
WHERE tenant_id = %s AND channel_id = %s AND external_id = %s::text AND external_id <> ''
"""
_DRAW_NUMBER: Cte = (
    "numbered",
    "INSERT INTO tenancy_counter (tenant_id, kind, last) VALUES (%s, 'order', 1)"
    " ON CONFLICT (tenant_id, kind) DO UPDATE SET last = tenancy_counter.last + 1"
    " RETURNING last",
    (),
)
# Stands for the number in the caller's own statements that go with the order's.
NUMBER = "(SELECT last FROM numbered)"


@dataclass(slots=True)
class PlacedOrder:
    """The order as stored. `created` is false when it had been pushed before; `short` maps a
    line's id to the units that wait for stock."""

    order: Order
    lines: list[OrderLine]
    created: bool
    short: dict[int, int] = field(default_factory=dict)


@transaction.atomic
def place_order(
    *,
    data: OrderInput,
    actor: Actor,
    now: datetime,
    beside: Callable[[PlacedOrder], Sequence[Cte]] | None = None,
) -> PlacedOrder:
    """Store a new order: customer, lines, stock held or awaited, history, audit and event.

    The same external id with the same content again returns the stored order; with other
    content ExternalIdConflict. Raises UnknownChannel, InvalidOrder, and OutOfStock (by the lines'
    places) where the channel or the caller wants all or nothing. What a person can mend is stored
    and flagged. `beside` makes rows of the caller's that are stored by the same statement as a
    new order, while its number is drawn: NUMBER names it there.
    """
    check_limits(data)
    placed_at = min(data.placed_at or now, now)
    intake = _read_intake(data, placed_at, now)
    content_hash = data.content_hash() if data.external_id else ""
    if intake.known_order_id:
        return _already_placed(intake, content_hash)
    (demand_id,), (order_id,), line_ids, known = draw_ids(
        (Demand, 1),
        (Order, 1),
        (OrderLine, len(data.lines)),
        also=(_KNOWN, [current_tenant_id(), intake.channel_id, data.external_id]),
    )
    if known:
        return _already_placed(_read_intake(data, placed_at, now), content_hash)

    draft = Draft(data, intake, placed_at)
    customer, is_new_customer = _take_customer(data, draft, actor, now)
    variants = read_variants(data.lines)
    lines = draft.make_lines(order_id, line_ids, variants)
    order = draft.make_order(order_id, demand_id, customer, lines, now)
    order.intake_hash = content_hash
    # Asked for only where there are any: who has no fields of their own pays no statement.
    found_by = fill_custom(order, data, definitions_by_code(Kind.ORDER)) if data.custom else []
    if not is_new_customer:
        _suspect_duplicate(order, intake)
    try:
        stock = plan_reservations(
            demand_id=demand_id,
            wants=[Want(x.id, x.variant_id, x.quantity) for x in lines if x.variant_id],
            first_warehouse_id=intake.warehouse_id,
            all_or_nothing=_all_or_nothing(data, intake),
            actor=actor,
            now=now,
        )
    except OutOfStock as error:
        # Ids of lines that are not stored mean nothing to the caller: their places do.
        raise OutOfStock(
            {x.position: error.short[x.id] for x in lines if x.id in error.short}
        ) from None
    order.is_short = bool(stock.short)
    placed = PlacedOrder(order, lines, created=True, short=stock.short)
    order.number = _store(placed, stock, found_by, data, actor, now, beside)
    return placed


def _read_intake(data: OrderInput, placed_at: datetime, now: datetime) -> Intake:
    intake = read_intake(
        code=data.channel_code,
        external_id=data.external_id,
        currency=data.currency,
        day=timezone.localdate(placed_at),
        today=timezone.localdate(now),
    )
    if intake is None:
        raise UnknownChannel(field="channel", channel=data.channel_code)
    return intake


def _already_placed(intake: Intake, content_hash: str) -> PlacedOrder:
    order = Order.objects.get(id=intake.known_order_id)
    if intake.known_hash != content_hash:
        raise ExternalIdConflict(field="external_id", number=order.number)
    return PlacedOrder(order, list(order.lines.all()), created=False)


def _all_or_nothing(data: OrderInput, intake: Intake) -> bool:
    if data.all_or_nothing is not None:
        return data.all_or_nothing
    return intake.stock_policy == StockPolicy.REJECT


def _take_customer(
    data: OrderInput, draft: Draft, actor: Actor, now: datetime
) -> tuple[Customer, bool]:
    if data.customer_id is not None:
        customer = (
            Customer.objects.select_for_update(no_key=True).filter(id=data.customer_id).first()
        )
        if customer is None:
            raise InvalidOrder("unknown_customer", field="customer/id")
        return customer, False
    given = data.buyer
    buyer = read_buyer(
        name=given.name, phone=given.phone, email=given.email, language=given.language
    )
    if given.phone.strip() and not buyer.phone:
        draft.flag(problems.BAD_PHONE)
    if given.email.strip() and not buyer.email:
        draft.flag(problems.BAD_EMAIL)
    if not buyer.contacts:
        draft.flag(problems.NO_CONTACT)
    draft.buyer_phone = buyer.phone
    return resolve_customer(buyer=buyer, actor=actor, now=now)


def _suspect_duplicate(order: Order, intake: Intake) -> None:
    """Flag an order whose buyer placed the same basket minutes ago. The customer is locked,
    so of two placed at once the second sees the first."""
    window = timedelta(minutes=intake.duplicate_minutes)
    earlier = fetch_all(
        _FIND_EARLIER,
        [
            order.tenant_id,
            order.customer_id,
            order.placed_at - window,
            order.placed_at + window,
            order.basket_hash,
            int(Stage.CANCELLED),
        ],
    )
    if earlier:
        order.duplicate_of_id = min(earlier)[0]
        order.duplicate_state = DuplicateState.SUSPECTED
        order.is_counted = False


def _store(
    placed: PlacedOrder,
    stock: StockChange,
    found_by: list[FieldValue],
    data: OrderInput,
    actor: Actor,
    now: datetime,
    beside: Callable[[PlacedOrder], Sequence[Cte]] | None,
) -> int:
    """Write everything by one statement, which draws the number; return the number."""
    tenant_id = current_tenant_id()
    order = placed.order
    drawn = Sql(NUMBER)
    order.number = drawn
    demand = Demand(id=order.demand_id, tenant_id=tenant_id, number=drawn, created_at=now)
    transition = OrderTransition(
        tenant_id=tenant_id,
        order_id=order.id,
        to_status_id=order.status_id,
        to_stage=order.stage,
        at=now,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_label=actor.label[:120],
    )
    entry, event = build_record(
        events.PLACED, order, actor=actor, now=now, details={"stage": Stage.NEW.word}
    )
    before: list[Cte] = [(_DRAW_NUMBER[0], _DRAW_NUMBER[1], [tenant_id])]
    if stock.deltas:
        before.append(("stocked", *stock.item_update()))
    if beside is not None:
        before += beside(placed)
    (number,) = insert_together(
        [
            [demand],
            [order],
            placed.lines,
            stock.reservations,
            stock.movements,
            tags_of(order, data.tags),
            payments_of(order, data, actor, now),
            found_by,
            [transition],
            [entry],
            [event],
        ],
        before=before,
        returning=NUMBER,
    )
    wake_after_commit(tenant_id)
    order._state.adding = False
    return number
