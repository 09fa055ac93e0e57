"""Money that came for an order, and money that went back."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from orders import events
from orders.actions._common import answer, lock_order, save_order
from orders.errors import ExternalIdConflict, InvalidOrder
from orders.inputs import PaymentInput
from orders.models import Order, Payment, PaymentKind, PaymentMethod
from orders.totals import round_money


@transaction.atomic
def record_payment(*, order_id: int, payment: PaymentInput, actor: Actor, now: datetime) -> Payment:
    """Record a payment. The same external id again returns the row that is there;
    with another amount, or as a refund, ExternalIdConflict."""
    return _record(order_id, PaymentKind.PAYMENT, payment, actor, now)


@transaction.atomic
def record_refund(*, order_id: int, payment: PaymentInput, actor: Actor, now: datetime) -> Payment:
    """Record money given back: never more than was paid."""
    return _record(order_id, PaymentKind.REFUND, payment, actor, now)


def _record(
    order_id: int, kind: PaymentKind, payment: PaymentInput, actor: Actor, now: datetime
) -> Payment:
    order = lock_order(order_id)
    amount = round_money(payment.amount)
    if payment.external_id:
        known = order.payments.filter(external_id=payment.external_id).first()
        if known is not None:
            if (known.kind, known.amount) != (kind, amount):
                raise ExternalIdConflict(field="external_id", number=order.number, payment=known.pk)
            return known
    _check(order, kind, amount, payment.method)
    row = Payment(
        order_id=order.id,
        kind=kind,
        amount=amount,
        method=payment.method,
        paid_at=min(payment.paid_at or now, now),
        external_id=payment.external_id[:100],
        comment=payment.comment[:300],
        recorded_by=actor.label[:120],
        created_at=now,
    )
    if not order.is_example:  # the ledger of money only grows, and an example must be able to go
        row.save(force_insert=True)
    field = "paid" if kind == PaymentKind.PAYMENT else "refunded"
    before: Decimal = getattr(order, field)
    setattr(order, field, before + amount)
    also = answer(order, now) if actor.member_id is not None else []
    save_order(order, [field, *also], now=now)
    record_money(
        order, field, before=before, amount=amount, actor=actor, now=now, reason=payment.comment
    )
    return row


def record_money(
    order: Order,
    field: str,
    *,
    before: Decimal,
    amount: Decimal,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    """Write down that money came (`field` "paid") or went back ("refunded"), whoever booked it."""
    kind = PaymentKind.PAYMENT if field == "paid" else PaymentKind.REFUND
    record(
        events.PAYMENT_RECORDED,
        order,
        actor=actor,
        now=now,
        changes={field: [str(before), str(before + amount)]},
        details={"amount": str(amount), "currency": order.currency, "kind": kind.value},
        reason=reason,
    )


def _check(order: Order, kind: PaymentKind, amount: Decimal, method: str) -> None:
    if not 0 < amount < Decimal(10) ** 10:
        raise InvalidOrder("amount_out_of_range", field="amount")
    if method not in PaymentMethod.values:
        raise InvalidOrder("unknown_payment_method", field="method")
    if kind == PaymentKind.REFUND and amount > order.paid - order.refunded:
        raise InvalidOrder(
            "refund_exceeds_paid", field="amount", limit=str(order.paid - order.refunded)
        )
