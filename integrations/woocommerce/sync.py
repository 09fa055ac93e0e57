"""From a delivery to an order: placed, changed by what the store changed, or cancelled."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from crm.audit.actor import Actor
from integrations.ingress.registry import BadDelivery, Outcome
from integrations.models import Connection, ExternalLink, InboundDelivery
from integrations.woocommerce.mapping import DEAD, DRAFTS, NotAnOrder, WooOrder, read_order
from orders import problems
from orders.actions.edit import edit_order
from orders.actions.edit_requests import request_edit
from orders.actions.flag import flag_problem
from orders.actions.payments import record_payment
from orders.actions.place import place_order
from orders.actions.transition import cancel_order
from orders.edits import EditLine, OrderEdit
from orders.errors import InvalidOrder, OrderError, RequestPending, UnknownChannel
from orders.inputs import (
    BuyerInput,
    DeliveryInput,
    LineInput,
    OrderInput,
    PaymentInput,
)
from orders.models import Order

_UPSERTS = frozenset({"order.created", "order.updated", "order.restored"})
_FIELDS = {
    "recipient_name": "recipient_name",
    "recipient_phone": "recipient_phone",
    "delivery_method": "delivery_method",
    "city": "delivery_city",
    "branch": "delivery_branch",
    "street": "delivery_street",
    "payment_method": "payment_method",
    "comment": "customer_comment",
}


def handle_delivery(connection: Connection, delivery: InboundDelivery, now: datetime) -> Outcome:
    """Do what a stored delivery says. Runs inside the delivery's transaction."""
    if delivery.topic not in _UPSERTS and delivery.topic != "order.deleted":
        return Outcome("ignored")
    try:
        data = json.loads(bytes(delivery.body))
    except ValueError as error:
        raise BadDelivery(f"The body is not JSON: {error}") from error
    try:
        if delivery.topic == "order.deleted":
            return _delete(connection, data, now)
        return _upsert(connection, read_order(data), now)
    except NotAnOrder as error:
        raise BadDelivery(f"This is not an order: {error}") from error
    except (InvalidOrder, UnknownChannel) as error:
        raise BadDelivery(f"{error.code}: {error.field} {error.details or ''}".strip()) from error


def _upsert(connection: Connection, woo: WooOrder, now: datetime) -> Outcome:
    link = _lock_link(connection, woo.id)
    if link.object_id is None:
        if woo.status in DRAFTS:
            return Outcome("ignored")
        return _place(connection, link, woo, now)
    if woo.modified < link.version:
        return Outcome("older", link.object_id)
    before = link.snapshot
    if woo.to_json() == before:
        return Outcome("unchanged", link.object_id)
    changed = _apply(connection, link.object_id, before, woo, now)
    _remember(link, woo, link.object_id)
    return Outcome("updated" if changed else "unchanged", link.object_id)


def _place(connection: Connection, link: ExternalLink, woo: WooOrder, now: datetime) -> Outcome:
    actor = Actor.connection(connection)
    placed = place_order(data=to_input(woo, connection.channel.code), actor=actor, now=now)
    order = placed.order
    if woo.total and Decimal(woo.total) != order.total:
        flag_problem(order_id=order.id, problem=problems.TOTAL_DIFFERS, actor=actor, now=now)
    if woo.status in DEAD:
        cancel_order(order_id=order.id, reason_id=None, comment=woo.status, actor=actor, now=now)
    _remember(link, woo, order.id)
    return Outcome("created", order.id)


def _apply(
    connection: Connection,
    order_id: int,
    before: dict[str, Any],
    woo: WooOrder,
    now: datetime,
) -> bool:
    """Carry over what this version changed; return whether it concerned the order."""
    actor = Actor.connection(connection)
    order = Order.objects.get(id=order_id)
    changed = False
    if woo.status in DEAD and before.get("status") not in DEAD:
        _cancel(order, woo.status, actor, now)
        return True
    if woo.paid and not before.get("paid_at"):
        record_payment(order_id=order_id, payment=_payment(woo), actor=actor, now=now)
        changed = True
    edit = _difference(order, before, woo)
    if edit.fields or edit.lines is not None:
        _edit(order_id, edit, actor, now)
        changed = True
    return changed


def _edit(order_id: int, edit: OrderEdit, actor: Actor, now: datetime) -> None:
    order = Order.objects.get(id=order_id)
    try:
        if order.is_locked:
            request_edit(order_id=order_id, edit=edit, reason=actor.label, actor=actor, now=now)
        else:
            edit_order(order_id=order_id, edit=edit, actor=actor, now=now)
    except InvalidOrder as error:
        if error.code != "nothing_changed":
            raise
    except RequestPending:
        flag_problem(order_id=order_id, problem=problems.CHANGED_OUTSIDE, actor=actor, now=now)
    except OrderError:
        flag_problem(order_id=order_id, problem=problems.CHANGED_OUTSIDE, actor=actor, now=now)


def _difference(order: Order, before: dict[str, Any], woo: WooOrder) -> OrderEdit:
    """What this version says otherwise than the last one did."""
    after = woo.to_json()
    fields: dict[str, Any] = {
        ours: after[theirs]
        for theirs, ours in _FIELDS.items()
        if after[theirs] != before.get(theirs)
    }
    for theirs, ours in (("discount", "discount"), ("shipping", "delivery_price")):
        if after[theirs] != before.get(theirs):
            fields[ours] = Decimal(after[theirs])
    lines = None
    if after["lines"] != before.get("lines"):
        lines = _edit_lines(order, woo)
    return OrderEdit(fields, lines)


def _edit_lines(order: Order, woo: WooOrder) -> tuple[EditLine, ...]:
    """The store's lines, each put on our line of the same goods where there is one."""
    ours = {(line.sku, "" if line.sku else line.name): line.id for line in order.lines.all()}
    return tuple(
        EditLine(
            id=ours.pop((line.sku, "" if line.sku else line.name), None),
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            price=Decimal(line.price),
            discount=Decimal(line.discount),
        )
        for line in woo.lines
    )


def _delete(connection: Connection, data: Any, now: datetime) -> Outcome:
    external_id = str(data.get("id", "")) if isinstance(data, dict) else ""
    if not external_id:
        raise BadDelivery("The deleted order has no id.")
    link = _lock_link(connection, external_id)
    if link.object_id is None:
        return Outcome("ignored")
    order = Order.objects.get(id=link.object_id)
    _cancel(order, "deleted", Actor.connection(connection), now)
    return Outcome("deleted", order.id)


def _cancel(order: Order, why: str, actor: Actor, now: datetime) -> None:
    if order.can_be_cancelled:
        cancel_order(order_id=order.id, reason_id=None, comment=why, actor=actor, now=now)
    elif order.stage_word in {"shipped", "delivered"}:
        flag_problem(order_id=order.id, problem=problems.CANCELLED_OUTSIDE, actor=actor, now=now)


def _lock_link(connection: Connection, external_id: str) -> ExternalLink:
    """The row that stands for the store's order; its lock puts deliveries about it in line."""
    link = ExternalLink(
        connection_id=connection.id, object_type="order", external_id=external_id[:100]
    )
    ExternalLink.objects.bulk_create([link], ignore_conflicts=True)
    return ExternalLink.objects.select_for_update(no_key=True).get(
        connection_id=connection.id, object_type="order", external_id=external_id[:100]
    )


def _remember(link: ExternalLink, woo: WooOrder, order_id: int) -> None:
    link.object_id = order_id
    link.version = woo.modified[:40]
    link.snapshot = woo.to_json()
    link.save(update_fields=["object_id", "version", "snapshot", "updated_at"])


def to_input(woo: WooOrder, channel_code: str) -> OrderInput:
    """A store's order as ours. Line totals exclude tax, so it is added as the store counted it."""
    tax = Decimal(woo.tax)
    return OrderInput(
        channel_code=channel_code,
        external_id=woo.id,
        external_number=woo.number[:100],
        currency=woo.currency,
        lines=tuple(
            LineInput(
                sku=line.sku,
                name=line.name,
                quantity=line.quantity,
                price=Decimal(line.price),
                discount=Decimal(line.discount),
                tax_rate=Decimal(line.tax_rate),
            )
            for line in woo.lines
        ),
        buyer=BuyerInput(name=woo.buyer_name, phone=woo.phone, email=woo.email),
        delivery=DeliveryInput(
            method=woo.delivery_method,
            city=woo.city,
            branch=woo.branch,
            street=woo.street,
            price=Decimal(woo.shipping),
            recipient_name=woo.recipient_name,
            recipient_phone=woo.recipient_phone,
        ),
        discount=Decimal(woo.discount),
        prices_include_tax=not tax,
        tax=tax or None,
        payment_method=woo.payment_method,
        payment=_payment(woo) if woo.paid else None,
        customer_comment=woo.comment,
        attribution=woo.attribution,
        placed_at=woo.placed,
        all_or_nothing=False,
    )


def _payment(woo: WooOrder) -> PaymentInput:
    return PaymentInput(
        amount=Decimal(woo.total),
        method=woo.payment_method or "card",
        paid_at=woo.paid,
        external_id=f"woo:{woo.id}:{woo.transaction_id}"[:100],
    )
