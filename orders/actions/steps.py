"""What each move does to an order that is locked already, in the transaction that locked it.

Callers are `transition` (an action for each move) and `move` (one door for all moves). `target`
is the status that the order enters, read together with the lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from crm.audit.actor import Actor
from crm.audit.record import record
from inventory.actions.reserve import consume_demand, release_demand
from inventory.actions.returns import take_back
from orders.actions._common import move, save_order
from orders.actions.edit_requests import close_requests
from orders.actions.payments import record_money
from orders.actions.picking import cancel_pick_list, make_pick_list
from orders.errors import InvalidOrder
from orders.guards import missing_for
from orders.models import (
    CancelReason,
    Order,
    OrderLine,
    Parcel,
    Payment,
    PaymentKind,
    PaymentMethod,
    ReturnLine,
    Status,
)
from orders.pipeline import Stage, check_move
from orders.totals import returned_worth


@dataclass(frozen=True, slots=True)
class ParcelInput:
    """Weight in grams, sizes in centimetres; nothing is required."""

    tracking_number: str = ""
    weight_g: int | None = None
    length_cm: int | None = None
    width_cm: int | None = None
    height_cm: int | None = None


@dataclass(frozen=True, slots=True)
class ReturnInput:
    """Units of a line that came back, and whether they are fit to be sold again."""

    line_id: int
    quantity: int
    restock: bool


def settle(order: Order, target: Status, *, actor: Actor, now: datetime) -> None:
    """new -> agreed and back: nothing but the status changes."""
    stage = Stage(target.stage)
    check_move(Stage(order.stage), stage, missing_for(order, stage))
    move(order, target, actor=actor, now=now)


def start(order: Order, target: Status, *, actor: Actor, now: datetime) -> None:
    """agreed -> picking: a pick list for the least loaded picker."""
    check_move(Stage(order.stage), Stage.PICKING, missing_for(order, Stage.PICKING))
    make_pick_list(order=order, now=now)
    move(order, target, actor=actor, now=now)


def stop(order: Order, target: Status, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """picking -> agreed: the order goes back to its manager."""
    check_move(Stage(order.stage), Stage.AGREED)
    cancel_pick_list(order=order, now=now)
    close_requests(order=order, actor=actor, now=now)
    move(order, target, actor=actor, now=now, reason=reason)


def pack(order: Order, target: Status, *, parcel: ParcelInput, actor: Actor, now: datetime) -> None:
    """picking -> packed: every line is picked, the goods are in a parcel."""
    check_move(Stage(order.stage), Stage.PACKED, missing_for(order, Stage.PACKED))
    # An order whose goods were changed after packing has its parcel: it was opened for them.
    box = order.parcels.order_by("id").first() or Parcel(order_id=order.id)
    box.tracking_number = parcel.tracking_number.strip()[:60] or box.tracking_number
    box.weight_g, box.length_cm = parcel.weight_g, parcel.length_cm
    box.width_cm, box.height_cm = parcel.width_cm, parcel.height_cm
    box.packed_at, box.packed_by = now, actor.label[:120]
    box.save()
    order.pick_lists.filter(state="open").update(state="done", finished_at=now)
    move(order, target, actor=actor, now=now)


def ship(
    order: Order, target: Status, *, actor: Actor, now: datetime, tracking_number: str = ""
) -> None:
    """packed -> shipped: the goods leave the shelf and the books."""
    check_move(Stage(order.stage), Stage.SHIPPED, missing_for(order, Stage.SHIPPED))
    tracking_number = tracking_number.strip()[:60]
    if tracking_number:
        first = order.parcels.order_by("id").first()
        if first is not None:
            first.tracking_number = tracking_number
            first.save(update_fields=["tracking_number"])
    consume_demand(demand_id=order.demand_id, actor=actor, now=now)
    move(order, target, actor=actor, now=now)


def deliver(order: Order, target: Status, *, actor: Actor, now: datetime) -> None:
    """shipped -> delivered: cash on delivery is booked, the order is closed."""
    check_move(Stage(order.stage), Stage.DELIVERED)
    also = []
    paid_before, collected = order.paid, Decimal(0)
    if order.payment_method == PaymentMethod.CASH_ON_DELIVERY and order.due > 0:
        collected = order.due
        if not order.is_example:
            Payment.objects.create(
                order_id=order.id,
                kind=PaymentKind.PAYMENT,
                amount=collected,
                method=PaymentMethod.CASH_ON_DELIVERY,
                paid_at=now,
                recorded_by=actor.label[:120],
                created_at=now,
            )
        order.paid += collected
        also.append("paid")
    move(order, target, actor=actor, now=now, also=also)
    if collected:
        record_money(order, "paid", before=paid_before, amount=collected, actor=actor, now=now)


def cancel(
    order: Order,
    target: Status,
    *,
    reason_id: int | None,
    actor: Actor,
    now: datetime,
    comment: str = "",
) -> None:
    """Free the stock at once; a member must give a reason from the company's list."""
    reason = CancelReason.objects.filter(id=reason_id).first() if reason_id else None
    if reason_id and reason is None:
        raise InvalidOrder("unknown_reason", field="reason_id")
    needs_reason = reason is None and actor.member_id is not None
    check_move(Stage(order.stage), Stage.CANCELLED, ["reason"] if needs_reason else [])
    cancel_pick_list(order=order, now=now)
    if order.is_locked:
        close_requests(order=order, actor=actor, now=now)
    release_demand(demand_id=order.demand_id, actor=actor, now=now)
    order.cancel_reason = reason
    order.is_short = False
    text = ": ".join(part for part in (reason.name if reason else "", comment) if part)
    move(
        order,
        target,
        actor=actor,
        now=now,
        reason=text,
        also=["cancel_reason", "is_short"],
    )


def take_goods_back(
    order: Order,
    target: Status,
    *,
    lines: Sequence[ReturnInput] | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """shipped or delivered -> returned; `lines` None: everything came back, fit for sale.

    Where a part came back the order stays: the rest is delivered, paid and may come back later.
    """
    check_move(Stage(order.stage), Stage.RETURNED, [] if reason.strip() else ["reason"])
    rows = {line.id: line for line in order.lines.all()}
    earlier = {line.id: line.returned for line in rows.values()}
    wanted = (
        [ReturnInput(line.id, line.quantity - line.returned, True) for line in rows.values()]
        if lines is None
        else list(lines)
    )
    back = [item for item in wanted if item.quantity]
    if not back:
        raise InvalidOrder("nothing_returned", field="lines")
    for position, item in enumerate(back):
        line = rows.get(item.line_id)
        if line is None:
            raise InvalidOrder("unknown_line", field=f"lines/{position}/line")
        if not 0 < item.quantity <= line.quantity - line.returned:
            raise InvalidOrder(
                "quantity_out_of_range",
                field=f"lines/{position}/quantity",
                limit=line.quantity - line.returned,
            )
        line.returned += item.quantity
    OrderLine.objects.bulk_update([rows[item.line_id] for item in back], ["returned"])
    order.returned_total = returned_worth(
        ((line.total, line.tax_rate, line.quantity, line.returned) for line in rows.values()),
        discount=order.discount,
        tax=order.tax,
    )
    ReturnLine.objects.bulk_create(
        [
            ReturnLine(
                line_id=item.line_id,
                quantity=item.quantity,
                restocked=item.restock,
                reason=reason[:300],
                at=now,
                recorded_by=actor.label[:120],
            )
            for item in back
        ]
    )
    take_back(
        demand_id=order.demand_id,
        goods=[(item.line_id, item.quantity, item.restock) for item in back],
        earlier=earlier,
        actor=actor,
        now=now,
    )
    if all(line.returned == line.quantity for line in rows.values()):
        move(order, target, actor=actor, now=now, reason=reason, also=["returned_total"])
    else:
        save_order(order, ["returned_total"], now=now)
        _record_partial_return(order, back, reason=reason, actor=actor, now=now)


def _record_partial_return(
    order: Order, back: Sequence[ReturnInput], *, reason: str, actor: Actor, now: datetime
) -> None:
    record(
        "order.partly_returned",
        order,
        actor=actor,
        now=now,
        details={"units": sum(item.quantity for item in back)},
        reason=reason,
    )
