"""An order on its way from input to rows: what every way of placing one has in common."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from crm.audit.actor import Actor
from crm.fields.models import FieldValue
from crm.fields.selectors import Definitions, check_values
from crm.fields.values import FieldError, pointer_of, rows_of
from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_all
from customers.models import Customer
from customers.phones import normalise_phone
from orders import problems
from orders.actions._config import Intake
from orders.currencies import CURRENCIES
from orders.errors import InvalidOrder
from orders.inputs import LineInput, OrderInput
from orders.models import (
    Channel,
    DeliveryMethod,
    Order,
    OrderLine,
    OrderTag,
    Payment,
    PaymentKind,
    PaymentMethod,
    Status,
)
from orders.pipeline import Stage
from orders.totals import line_total, order_totals, round_money

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


class Goods(NamedTuple):
    """A variant as far as a line needs it."""

    id: int
    sku: str
    title: str
    price: Decimal
    currency: str
    cost: Decimal | None
    tax_rate: Decimal


def check_limits(
    data: OrderInput, *, max_lines: int = MAX_LINES, max_quantity: int = MAX_QUANTITY
) -> None:
    """Raise InvalidOrder for values that can't be stored and that nobody could mend later."""
    if not data.lines:
        raise InvalidOrder("no_lines", field="lines")
    if len(data.lines) > max_lines:
        raise InvalidOrder("too_many_lines", field="lines", limit=max_lines)
    if data.currency and data.currency not in CURRENCIES:
        raise InvalidOrder("unknown_currency", field="currency")
    if data.payment_method and data.payment_method not in PaymentMethod.values:
        raise InvalidOrder("unknown_payment_method", field="payment/method")
    if data.delivery.method and data.delivery.method not in DeliveryMethod.values:
        raise InvalidOrder("unknown_delivery_method", field="delivery/method")
    for position, line in enumerate(data.lines):
        where = f"lines/{position}"
        if not 0 < line.quantity <= max_quantity:
            raise InvalidOrder(
                "quantity_out_of_range", field=f"{where}/quantity", limit=max_quantity
            )
        if line.price is not None and not 0 <= line.price < MAX_MONEY:
            raise InvalidOrder("price_out_of_range", field=f"{where}/price")
        if line.discount < 0 or (
            line.price is not None and line.discount > line.price * line.quantity
        ):
            raise InvalidOrder("discount_out_of_range", field=f"{where}/discount")
        if not (line.sku or line.variant_id or line.name):
            raise InvalidOrder("line_without_goods", field=where)
    if data.ship_from and data.ship_till and data.ship_till <= data.ship_from:
        raise InvalidOrder("interval_reversed", field="ship_till")
    if not 0 <= data.delivery.price < MAX_MONEY:
        raise InvalidOrder("price_out_of_range", field="delivery/price")
    if not 0 <= data.discount < MAX_MONEY:
        raise InvalidOrder("discount_out_of_range", field="discount")
    if data.tax is not None and not 0 <= data.tax < MAX_MONEY:
        raise InvalidOrder("amount_out_of_range", field="tax")
    if data.payment is not None:
        if not 0 <= data.payment.amount < MAX_MONEY:
            raise InvalidOrder("amount_out_of_range", field="payment/amount")
        if data.payment.method not in PaymentMethod.values:
            raise InvalidOrder("unknown_payment_method", field="payment/method")


def read_variants(lines: Sequence[LineInput]) -> dict[int | str, Goods]:
    """Return the variants of the lines, by id and by SKU; a statement for each way."""
    ids = [line.variant_id for line in lines if line.variant_id]
    skus = [line.sku for line in lines if line.sku and not line.variant_id]
    found: dict[int | str, Goods] = {}
    for condition, wanted in ((_BY_SKU, skus), (_BY_ID, ids)):
        if not wanted:
            continue
        for row in fetch_all(_READ_VARIANTS + condition, [current_tenant_id(), wanted]):
            goods = Goods(*row)
            found[goods.id] = found[goods.sku] = goods
    return found


class Draft:
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
        self, order_id: int, line_ids: list[int], variants: dict[int | str, Goods]
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
            price = round_money(price)
            discount = round_money(given.discount)
            if not price:
                self.flag(problems.ZERO_PRICE)
                discount = Decimal(0)  # of a price that is still to be said
            elif discount > price * given.quantity:  # the catalogue's: known only now
                raise InvalidOrder("discount_out_of_range", field=f"lines/{position}/discount")
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
                    discount=discount,
                    tax_rate=_tax_rate(given, variant),
                    total=line_total(quantity=given.quantity, price=price, discount=discount),
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
        discount, delivery_price = round_money(data.discount), round_money(delivery.price)
        totals = order_totals(
            lines=((line.total, line.tax_rate) for line in lines),
            discount=discount,
            delivery=delivery_price,
            rate=self.rate,
            prices_include_tax=data.prices_include_tax,
            tax=data.tax,
        )
        if totals.total < 0:
            raise InvalidOrder("discount_out_of_range", field="discount")
        if totals.total >= MAX_MONEY or totals.total_base >= MAX_MONEY * 100:
            raise InvalidOrder("price_out_of_range", field="lines")
        respond_by = intake.hours.after(now, intake.response_minutes)
        tenant_id = current_tenant_id()
        return Order(
            id=order_id,
            tenant_id=tenant_id,
            number=0,
            prefix=intake.number_prefix,
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
            discount=discount,
            delivery_price=delivery_price,
            prices_include_tax=data.prices_include_tax,
            tax=totals.tax,
            total=totals.total,
            total_base=totals.total_base,
            paid=round_money(data.payment.amount) if data.payment else Decimal(0),
            payment_method=data.payment_method,
            recipient_name=(delivery.recipient_name or data.buyer.name or customer.name)[:200],
            recipient_phone=self._recipient_phone(),
            delivery_method=delivery.method,
            delivery_city=delivery.city[:120],
            delivery_branch=delivery.branch[:200],
            delivery_street=delivery.street[:300],
            customer_comment=data.customer_comment[:2000],
            manager_comment=self._manager_comment(),
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

    def _manager_comment(self) -> str:
        """An e-mail that is none has no place of its own: whoever mends it finds it here."""
        comment = self.data.manager_comment
        if problems.BAD_EMAIL not in self.problems:
            return comment[:2000]
        written = f"E-mail: {self.data.buyer.email.strip()[:254]}"
        return f"{written}\n{comment}".strip()[:2000]

    def _recipient_phone(self) -> str:
        """A phone that is no number stays as it was written: whoever mends it needs its digits."""
        written = self.data.delivery.recipient_phone
        if not written:
            return self.buyer_phone or self.data.buyer.phone.strip()[:20]
        if phone := normalise_phone(written):
            return phone
        self.flag(problems.BAD_PHONE)
        return written[:20]


def _tax_rate(given: LineInput, variant: Goods | None) -> Decimal:
    if given.tax_rate is not None:
        return given.tax_rate
    return variant.tax_rate if variant else Decimal(0)


def basket_hash(lines: Sequence[OrderLine]) -> str:
    """A hash of what is wanted, whatever the order of the lines."""
    parts = sorted(f"{line.variant_id or line.sku or line.name}:{line.quantity}" for line in lines)
    return hashlib.blake2b("|".join(parts).encode(), digest_size=16).hexdigest()


def tags_of(order: Order, names: Sequence[str]) -> list[OrderTag]:
    """The order's labels as rows, each once."""
    clean = dict.fromkeys(" ".join(name.split())[:40] for name in names)
    return [
        OrderTag(tenant_id=order.tenant_id, order_id=order.id, name=name) for name in clean if name
    ]


def fill_custom(order: Order, data: OrderInput, definitions: Definitions) -> list[FieldValue]:
    """Set the company's own fields; return the rows by which the order is found by them."""
    try:
        values = check_values(definitions, data.custom)
    except FieldError as error:
        raise InvalidOrder(error.code, field=pointer_of(error.field)) from None
    order.custom = {code: value for code, value in values.items() if value is not None}
    return rows_of(definitions, order.custom, order.id)


def payments_of(order: Order, data: OrderInput, actor: Actor, now: datetime) -> list[Payment]:
    """The payment that came with the order as a row."""
    if data.payment is None or round_money(data.payment.amount) <= 0:
        return []
    return [
        Payment(
            tenant_id=order.tenant_id,
            order_id=order.id,
            kind=PaymentKind.PAYMENT,
            amount=round_money(data.payment.amount),
            method=data.payment.method,
            paid_at=data.payment.paid_at or now,
            external_id=data.payment.external_id,
            comment=data.payment.comment,
            recorded_by=actor.label[:120],
            created_at=now,
        )
    ]
