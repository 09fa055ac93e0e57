"""Money that the store gave back: recorded here, and taken off what the order costs."""

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from crm.audit.actor import Actor
from crm.shell.formats import money_text
from integrations.woocommerce.mapping import WooOrder
from orders.actions.notes import add_note
from orders.actions.payments import record_refund
from orders.inputs import PaymentInput
from orders.models import Order, Payment, PaymentKind

_PREFIX = "woo:refund:"


def record_refunds(*, order_id: int, woo: WooOrder, actor: Actor, now: datetime) -> Decimal:
    """Record what the store gave back and is not recorded yet; return how much it was.

    Never more than was paid here: the rest is made up when its payment has come, as a part with
    a number of its own.
    """
    if not woo.refunds:
        return Decimal(0)
    order = Order.objects.get(id=order_id)
    known = _recorded(order_id)
    left = order.paid - order.refunded
    sum_of_new = Decimal(0)
    for refund in woo.refunds:
        name = f"{_PREFIX}{refund.id}"
        parts = [made for ours, made in known if ours == name or ours.startswith(f"{name}:")]
        amount = min(Decimal(refund.amount) - sum(parts), left)
        if amount <= 0:
            continue
        payment = PaymentInput(
            amount=amount,
            method=woo.payment_method or "card",
            external_id=f"{name}:{len(parts) + 1}" if parts else name,
        )
        record_refund(order_id=order_id, payment=payment, actor=actor, now=now)
        left -= amount
        sum_of_new += amount
    return sum_of_new


def refunded_by_store(order_id: int) -> Decimal:
    """All that is recorded here of the store's refunds."""
    return sum((amount for _name, amount in _recorded(order_id)), Decimal(0))


def owed_by_refund(order: Order, refunded: Decimal) -> Decimal:
    """How much of a refund would be asked of the buyer anew, as if the order still cost it.

    The store leaves an order's lines and total as they were and only tells of the refund. What
    had been taken off here before (a line that a manager removed) is owed by nobody.
    """
    return min(refunded, max(order.due, Decimal(0))) if order.can_be_cancelled else Decimal(0)


def tell_of_refund(order: Order, amount: Decimal, actor: Actor, now: datetime) -> None:
    """Say in the timeline why the discount grew: what was given back is for a person to see."""
    text = _(
        "The store gave back %(amount)s: the order's discount grows by it. The goods are as they"
        " were; take out what is not to be sent."
    )
    text %= {"amount": money_text(amount, order.currency)}
    add_note(order_id=order.id, text=text, actor=actor, now=now)


def carry_money(old: Order, new: Order, actor: Actor, now: datetime) -> None:
    """Take from a cancelled order the money that the order placed in its stead has: it came once.

    Only what is on both: a cancelled order for which money was given back keeps what it says.
    """
    amount = min(old.paid - old.refunded, new.paid - new.refunded)
    if amount <= 0:
        return
    moved = PaymentInput(
        amount=amount,
        method=new.payment_method or "card",
        external_id=f"woo:carried:{new.id}",
        comment=_("Carried over to №%(number)s") % {"number": new.label},
    )
    record_refund(order_id=old.id, payment=moved, actor=actor, now=now)


def _recorded(order_id: int) -> list[tuple[str, Decimal]]:
    rows = Payment.objects.filter(
        order_id=order_id, kind=PaymentKind.REFUND, external_id__startswith=_PREFIX
    )
    return list(rows.values_list("external_id", "amount"))
