"""Placing an order: the one way in, for storefronts, marketplaces, managers and imports.

Built for the rush: some ten statements whatever the number of lines. The stock is locked late
and the gap-free number is drawn by the very last statement, which stores everything.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from crm.audit.actor import Actor
from crm.audit.record import build_record
from crm.outbox.wake import wake_after_commit
from crm.tenancy.batch import Cte, Sql, draw_ids, insert_together
from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_all
from customers.actions.resolve import read_buyer, resolve_customer
from customers.models import Customer
from customers.phones import normalise_phone
from inventory.actions.reserve import OutOfStock, StockChange, Want, plan_reservations
from inventory.models import Demand
from orders import problems
from orders.actions._config import Intake, read_intake
from orders.currencies import CURRENCIES
from orders.errors import ExternalIdConflict, InvalidOrder, UnknownChannel
from orders.inputs import LineInput, OrderInput
from orders.models import (
    Channel,
    DeliveryMethod,
    DuplicateState,
    Order,
    OrderLine,
    OrderTag,
    OrderTransition,
    Payment,
    PaymentKind,
    PaymentMethod,
    Status,
    StockPolicy,
)
from orders.pipeline import Stage
from orders.totals import line_total, order_totals

MAX_LINES = 500
MAX_QUANTITY = 10_000
MAX_MONEY = Decimal(10) ** 10

_READ_VARIANTS = """
SELECT id, sku, CASE WHEN name = '' THEN product ELSE product || ', ' || name END,
       price, currency, cost, tax_rate
FROM (
    SELECT v.*, (SELECT p.name FROM inventory_product p
        WHERE p.tenant_id = v.tenant_id AND p.id = v.product_id) AS product
    FROM inventory_variant v
) v
WHERE v.tenant_id = %s AND """
_BY_SKU, _BY_ID = "v.sku = ANY(%s::text[])", "v.id = ANY(%s::bigint[])"
_FIND_EARLIER = """
SELECT id FROM orders_order
WHERE tenant_id = %s AND customer_id = %s AND placed_at BETWEEN %s AND %s
  AND basket_hash = %s AND stage <> %s
"""
_DRAW_NUMBER: Cte = (
    "numbered",
    "INSERT INTO tenancy_counter (tenant_id, kind, last) VALUES (%s, 'order', 1)"
    " ON CONFLICT (tenant_id, kind) DO UPDATE SET last = tenancy_counter.last + 1"
    " RETURNING last",
    (),
)
_NUMBER = "(SELECT last FROM numbered)"


class _Goods(NamedTuple):
    """A variant as far as a line needs it."""

    id: int
    sku: str
    title: str
    price: Decimal
    currency: str
    cost: Decimal | None
    tax_rate: Decimal


@dataclass(slots=True)
class PlacedOrder:
    """The order as stored. `created` is false when it had been pushed before; `short` maps a
    line's id to the units that wait for stock."""

    order: Order
    lines: list[OrderLine]
    created: bool
    short: dict[int, int] = field(default_factory=dict)


def place_order(*, data: OrderInput, actor: Actor, now: datetime) -> PlacedOrder:
    """Store a new order: customer, lines, stock held or awaited, history, audit and event.

    The same external id with the same content again returns the stored order; with other
    content ExternalIdConflict. Raises UnknownChannel, InvalidOrder, and OutOfStock (by the lines'
    places) where the channel or the caller wants all or nothing. What a person can mend is stored
    and flagged.
    """
    try:
        with transaction.atomic():
            return _place(data, actor, now)
    except IntegrityError as error:
        # Pushed twice in the same moment: the other one has committed, so now it is known.
        if "orders_order_external" not in str(error):
            raise
    with transaction.atomic():
        return _place(data, actor, now)


def _place(data: OrderInput, actor: Actor, now: datetime) -> PlacedOrder:
    _check_limits(data)
    placed_at = min(data.placed_at or now, now)
    intake = read_intake(
        code=data.channel_code,
        external_id=data.external_id,
        currency=data.currency,
        day=timezone.localdate(placed_at),
    )
    if intake is None:
        raise UnknownChannel(field="channel", channel=data.channel_code)
    content_hash = data.content_hash() if data.external_id else ""
    if intake.known_order_id:
        return _already_placed(intake, content_hash)

    draft = _Draft(data, intake, placed_at)
    customer, is_new_customer = _take_customer(data, draft, actor, now)
    variants = _read_variants(data.lines)
    (demand_id,), (order_id,), line_ids = draw_ids(
        (Demand, 1), (Order, 1), (OrderLine, len(data.lines))
    )
    lines = draft.make_lines(order_id, line_ids, variants)
    order = draft.make_order(order_id, demand_id, customer, lines, now)
    order.intake_hash = content_hash
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
    order.number = _store(order, lines, stock, data, actor, now)
    return PlacedOrder(order, lines, created=True, short=stock.short)


def _check_limits(data: OrderInput) -> None:
    if not data.lines:
        raise InvalidOrder("no_lines", field="lines")
    if len(data.lines) > MAX_LINES:
        raise InvalidOrder("too_many_lines", field="lines", limit=MAX_LINES)
    if data.currency and data.currency not in CURRENCIES:
        raise InvalidOrder("unknown_currency", field="currency")
    if data.payment_method and data.payment_method not in PaymentMethod.values:
        raise InvalidOrder("unknown_payment_method", field="payment/method")
    if data.delivery.method and data.delivery.method not in DeliveryMethod.values:
        raise InvalidOrder("unknown_delivery_method", field="delivery/method")
    for position, line in enumerate(data.lines):
        where = f"lines/{position}"
        if not 0 < line.quantity <= MAX_QUANTITY:
            raise InvalidOrder(
                "quantity_out_of_range", field=f"{where}/quantity", limit=MAX_QUANTITY
            )
        if line.price is not None and not 0 <= line.price < MAX_MONEY:
            raise InvalidOrder("price_out_of_range", field=f"{where}/price")
        if line.discount < 0 or (
            line.price is not None and line.discount > line.price * line.quantity
        ):
            raise InvalidOrder("discount_out_of_range", field=f"{where}/discount")
        if not (line.sku or line.variant_id or line.name):
            raise InvalidOrder("line_without_goods", field=where)
    if not 0 <= data.delivery.price < MAX_MONEY:
        raise InvalidOrder("price_out_of_range", field="delivery/price")
    if not 0 <= data.discount < MAX_MONEY:
        raise InvalidOrder("discount_out_of_range", field="discount")


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
    data: OrderInput, draft: "_Draft", actor: Actor, now: datetime
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
    if not buyer.contacts:
        draft.flag(problems.NO_CONTACT)
    draft.buyer_phone = buyer.phone
    return resolve_customer(buyer=buyer, actor=actor, now=now)


def _read_variants(lines: Sequence[LineInput]) -> dict[int | str, _Goods]:
    """Return the variants of the lines, by id and by SKU; a statement for each way."""
    ids = [line.variant_id for line in lines if line.variant_id]
    skus = [line.sku for line in lines if line.sku and not line.variant_id]
    found: dict[int | str, _Goods] = {}
    for condition, wanted in ((_BY_SKU, skus), (_BY_ID, ids)):
        if not wanted:
            continue
        for row in fetch_all(_READ_VARIANTS + condition, [current_tenant_id(), wanted]):
            goods = _Goods(*row)
            found[goods.id] = found[goods.sku] = goods
    return found


class _Draft:
    """An order on its way from input to rows; gathers what is wrong with it."""

    def __init__(self, data: OrderInput, intake: Intake, placed_at: datetime) -> None:
        self.data = data
        self.intake = intake
        self.placed_at = placed_at
        self.currency = data.currency or intake.channel_currency
        self.problems: list[str] = []
        self.buyer_phone = ""
        self.rate = Decimal(1)
        if self.currency != intake.company_currency:
            if intake.rate is None:
                self.flag(problems.NO_RATE)
            self.rate = intake.rate or Decimal(0)

    def flag(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def make_lines(
        self, order_id: int, line_ids: list[int], variants: dict[int | str, _Goods]
    ) -> list[OrderLine]:
        tenant_id = current_tenant_id()
        made = []
        for position, (line_id, given) in enumerate(zip(line_ids, self.data.lines, strict=True)):
            variant = variants.get(given.variant_id or given.sku)
            if variant is None and (given.sku or given.variant_id):
                self.flag(problems.UNKNOWN_SKU)
            price = given.price
            if price is None:
                same = variant is not None and variant.currency == self.currency
                price = variant.price if variant and same else Decimal(0)
            if not price:
                self.flag(problems.ZERO_PRICE)
            made.append(
                OrderLine(
                    id=line_id,
                    tenant_id=tenant_id,
                    order_id=order_id,
                    position=position,
                    variant_id=variant.id if variant else None,
                    sku=variant.sku if variant else given.sku[:64],
                    name=(given.name or (variant.title if variant else given.sku))[:400],
                    quantity=given.quantity,
                    price=price,
                    discount=given.discount,
                    tax_rate=_tax_rate(given, variant),
                    total=line_total(quantity=given.quantity, price=price, discount=given.discount),
                    unit_cost=variant.cost if variant else None,
                )
            )
        return made

    def make_order(
        self,
        order_id: int,
        demand_id: int,
        customer: Customer,
        lines: list[OrderLine],
        now: datetime,
    ) -> Order:
        data, intake, delivery = self.data, self.intake, self.data.delivery
        totals = order_totals(
            lines=((line.total, line.tax_rate) for line in lines),
            discount=data.discount,
            delivery=delivery.price,
            rate=self.rate,
            prices_include_tax=data.prices_include_tax,
            tax=data.tax,
        )
        if totals.total < 0:
            raise InvalidOrder("discount_out_of_range", field="discount")
        if totals.total >= MAX_MONEY or totals.total_base >= MAX_MONEY * 100:
            raise InvalidOrder("price_out_of_range", field="lines")
        respond_by = intake.hours.after(now, intake.response_minutes)
        recipient_phone = (
            normalise_phone(delivery.recipient_phone) or delivery.recipient_phone[:20]
            if delivery.recipient_phone
            else self.buyer_phone
        )
        tenant_id = current_tenant_id()
        return Order(
            id=order_id,
            tenant_id=tenant_id,
            number=0,
            channel=Channel(id=intake.channel_id, tenant_id=tenant_id, code=intake.channel_code),
            external_id=data.external_id,
            external_number=data.external_number,
            basket_hash=basket_hash(lines),
            status=Status(
                id=intake.status_id,
                tenant_id=tenant_id,
                name=intake.status_name,
                stage=int(Stage.NEW),
            ),
            stage=int(Stage.NEW),
            status_since=now,
            customer=customer,
            demand_id=demand_id,
            manager_id=data.manager_id,
            currency=self.currency,
            rate=self.rate,
            lines_total=totals.lines,
            discount=data.discount,
            delivery_price=delivery.price,
            prices_include_tax=data.prices_include_tax,
            tax=totals.tax,
            total=totals.total,
            total_base=totals.total_base,
            paid=data.payment.amount if data.payment else Decimal(0),
            payment_method=data.payment_method,
            recipient_name=(delivery.recipient_name or data.buyer.name or customer.name)[:200],
            recipient_phone=recipient_phone,
            delivery_method=delivery.method,
            delivery_city=delivery.city[:120],
            delivery_branch=delivery.branch[:200],
            delivery_street=delivery.street[:300],
            customer_comment=data.customer_comment[:2000],
            manager_comment=data.manager_comment[:2000],
            ship_date=data.ship_date,
            ship_from=data.ship_from,
            ship_till=data.ship_till,
            attribution=data.attribution,
            problems=self.problems,
            has_problems=bool(self.problems),
            placed_at=self.placed_at,
            respond_by=respond_by,
            next_alarm_at=respond_by,
            created_at=now,
            updated_at=now,
        )


def _tax_rate(given: LineInput, variant: _Goods | None) -> Decimal:
    if given.tax_rate is not None:
        return given.tax_rate
    return variant.tax_rate if variant else Decimal(0)


def basket_hash(lines: Sequence[OrderLine]) -> str:
    """A hash of what is wanted, whatever the order of the lines."""
    parts = sorted(f"{line.variant_id or line.sku or line.name}:{line.quantity}" for line in lines)
    return hashlib.blake2b("|".join(parts).encode(), digest_size=16).hexdigest()


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
    order: Order,
    lines: list[OrderLine],
    stock: StockChange,
    data: OrderInput,
    actor: Actor,
    now: datetime,
) -> int:
    """Write everything by one statement, which draws the number; return the number."""
    tenant_id = current_tenant_id()
    drawn = Sql(_NUMBER)
    order.number = drawn  # type: ignore[assignment]
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
        "order.placed", order, actor=actor, now=now, details={"stage": Stage.NEW.word}
    )
    before: list[Cte] = [(_DRAW_NUMBER[0], _DRAW_NUMBER[1], [tenant_id])]
    if stock.deltas:
        before.append(("stocked", *stock.item_update()))
    (number,) = insert_together(
        [
            [demand],
            [order],
            lines,
            stock.reservations,
            stock.movements,
            _tags(order, data.tags),
            _payments(order, data, actor, now),
            [transition],
            [entry],
            [event],
        ],
        before=before,
        returning=_NUMBER,
    )
    wake_after_commit(tenant_id)
    order._state.adding = False
    return number


def _tags(order: Order, names: Sequence[str]) -> list[OrderTag]:
    clean = dict.fromkeys(" ".join(name.split())[:40] for name in names)
    return [
        OrderTag(tenant_id=order.tenant_id, order_id=order.id, name=name) for name in clean if name
    ]


def _payments(order: Order, data: OrderInput, actor: Actor, now: datetime) -> list[Payment]:
    if data.payment is None or data.payment.amount <= 0:
        return []
    return [
        Payment(
            tenant_id=order.tenant_id,
            order_id=order.id,
            kind=PaymentKind.PAYMENT,
            amount=data.payment.amount,
            method=data.payment.method,
            paid_at=data.payment.paid_at or now,
            external_id=data.payment.external_id,
            comment=data.payment.comment,
            recorded_by=actor.label[:120],
            created_at=now,
        )
    ]
