"""From a delivery to an order: placed, changed by what the store changed, or cancelled."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm.audit.actor import Actor
from customers.phones import normalise_phone
from integrations.ingress.registry import BadDelivery, Outcome
from integrations.models import Connection, ExternalLink, InboundDelivery
from integrations.woocommerce.mapping import DEAD, DRAFTS, NotAnOrder, WooOrder, read_order
from integrations.woocommerce.refunds import (
    carry_money,
    owed_by_refund,
    record_refunds,
    refunded_by_store,
    tell_of_refund,
)
from orders import problems
from orders.actions.edit import edit_order
from orders.actions.edit_requests import request_edit
from orders.actions.flag import clear_problem, flag_problem
from orders.actions.notes import add_note
from orders.actions.payments import record_payment
from orders.actions.place import place_order
from orders.actions.transition import cancel_order
from orders.actions.withdraw import free_external_id
from orders.edits import EditLine, OrderEdit
from orders.errors import (
    ExternalIdConflict,
    InvalidOrder,
    OrderError,
    RequestPending,
    UnknownChannel,
)
from orders.inputs import (
    BuyerInput,
    DeliveryInput,
    LineInput,
    OrderInput,
    PaymentInput,
)
from orders.models import Order
from orders.pipeline import Stage

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
            return _delete(connection, data, delivery.received_at, now)
        is_restored = delivery.topic == "order.restored"
        return _upsert(connection, read_order(data), now, is_restored=is_restored)
    except NotAnOrder as error:
        raise BadDelivery(f"This is not an order: {error}") from error
    except (InvalidOrder, UnknownChannel) as error:
        raise BadDelivery(f"{error.code}: {error.field} {error.details or ''}".strip()) from error


def _upsert(connection: Connection, woo: WooOrder, now: datetime, *, is_restored: bool) -> Outcome:
    link = _lock_link(connection, woo.id)
    if woo.modified < link.version and not is_restored:
        return Outcome("older", link.object_id)
    if link.object_id is None:
        if woo.status in DRAFTS:
            return Outcome("draft")
        return _place(connection, link, woo, now)
    before = link.snapshot
    if woo.to_json() == before:
        return Outcome("unchanged", link.object_id)
    is_back = before.get("status") in DEAD and woo.status not in DEAD
    if is_back and (outcome := _revive(connection, link, woo, now)) is not None:
        return outcome
    changed = _apply(connection, link.object_id, before, woo, now)
    _remember(link, woo, link.object_id)
    return Outcome("updated" if changed else "unchanged", link.object_id)


def _revive(
    connection: Connection, link: ExternalLink, woo: WooOrder, now: datetime
) -> Outcome | None:
    """The store took a cancellation back (a late payment, out of the bin). A cancelled order
    stays cancelled, so this one is placed anew; None where ours was not cancelled."""
    old = Order.objects.get(id=link.object_id)
    actor = Actor.connection(connection)
    if old.stage != Stage.CANCELLED:
        problem = problems.CANCELLED_OUTSIDE
        clear_problem(order_id=old.id, problem=problem, actor=actor, now=now)
        return None
    free_external_id(order_id=old.id, now=now)
    outcome = _place(connection, link, woo, now)
    new = Order.objects.get(id=outcome.object_id)
    carry_money(old, new, actor, now)
    note = _("The store took back the cancellation of №%(number)s.") % {"number": old.label}
    add_note(order_id=new.id, text=note, actor=actor, now=now)
    return outcome


def _place(connection: Connection, link: ExternalLink, woo: WooOrder, now: datetime) -> Outcome:
    actor = Actor.connection(connection)
    placed = place_order(data=to_input(woo, connection.channel.code), actor=actor, now=now)
    order = placed.order
    if woo.total and Decimal(woo.total) != order.total:
        flag_problem(order_id=order.id, problem=problems.TOTAL_DIFFERS, actor=actor, now=now)
    refunded = record_refunds(order_id=order.id, woo=woo, actor=actor, now=now)
    if woo.status in DEAD:
        _cancel(order, _why(woo.status), actor, now)
    elif refunded:
        order = Order.objects.get(id=order.id)
        _edit(order.id, _take_off(order, OrderEdit({}), refunded, actor, now), actor, now)
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
    changed = False
    if woo.paid and not before.get("paid_at"):
        with suppress(ExternalIdConflict):  # paid, unpaid and paid again: once is enough
            record_payment(order_id=order_id, payment=_payment(woo), actor=actor, now=now)
        changed = True
    refunded = record_refunds(order_id=order_id, woo=woo, actor=actor, now=now)
    order = Order.objects.get(id=order_id)
    if woo.status in DEAD and before.get("status") not in DEAD:
        _cancel(order, _why(woo.status), actor, now)
        return True
    edit = _difference(order, before, woo)
    spoiled = _pop_spoiled_phone(edit)
    if refunded:
        edit = _take_off(order, edit, refunded, actor, now)
    if order.stage != Stage.CANCELLED and (edit.fields or edit.lines is not None):
        _edit(order_id, edit, actor, now)
        given_back = refunded_by_store(order_id) if woo.refunds else Decimal(0)
        if order.total == Decimal(before.get("total", "NaN")) - given_back + refunded:
            _compare_totals(order_id, Decimal(woo.total) - given_back, actor, now)
        changed = True
    if spoiled:  # after the edit, which takes the mark off
        note = _("The store has a phone that can't be called: %(phone)s") % {"phone": spoiled}
        add_note(order_id=order_id, text=note, actor=actor, now=now)
        flag_problem(order_id=order_id, problem=problems.BAD_PHONE, actor=actor, now=now)
    return changed or refunded > 0 or bool(spoiled)


def _pop_spoiled_phone(edit: OrderEdit) -> str:
    """Take a phone that is no number out of the edit, which would be refused for it."""
    phone = str(edit.fields.get("recipient_phone") or "")
    if not phone or normalise_phone(phone):
        return ""
    del edit.fields["recipient_phone"]
    return phone


def _take_off(
    order: Order, edit: OrderEdit, refunded: Decimal, actor: Actor, now: datetime
) -> OrderEdit:
    """The edit with a discount by which the buyer owes nothing of what was given back."""
    owed = owed_by_refund(order, refunded)
    if not owed or "discount" in edit.fields:
        return edit
    tell_of_refund(order, owed, actor, now)
    return replace(edit, fields={**edit.fields, "discount": order.discount + owed})


def _compare_totals(order_id: int, theirs: Decimal, actor: Actor, now: datetime) -> None:
    """Both counted the same before: say so where they no longer do, and take it back."""
    order = Order.objects.get(id=order_id)
    # Where the change waits for the warehouse, or came too late, our total is the old one.
    if order.is_locked or not order.can_be_cancelled:
        return
    mark = clear_problem if order.total == theirs else flag_problem
    mark(order_id=order_id, problem=problems.TOTAL_DIFFERS, actor=actor, now=now)


def _edit(order_id: int, edit: OrderEdit, actor: Actor, now: datetime) -> None:
    order = Order.objects.get(id=order_id)
    edit = replace(edit, by_source=True)
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
    if after["discount"] != before.get("discount"):
        fields["discount"] = Decimal(woo.discount) + refunded_by_store(order.id)
    if after["shipping"] != before.get("shipping"):
        fields["delivery_price"] = Decimal(woo.shipping)
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
            tax_rate=None if order.prices_include_tax else Decimal(line.tax_rate),
        )
        for line in woo.lines
    )


def _delete(connection: Connection, data: Any, received_at: datetime, now: datetime) -> Outcome:
    external_id = str(data.get("id", "")) if isinstance(data, dict) else ""
    if not external_id:
        raise BadDelivery("The deleted order has no id.")
    link = _lock_link(connection, external_id)
    # The body says no time: what was changed before the deletion came is older than it.
    link.version = max(link.version, received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    link.snapshot = {**link.snapshot, "status": "trash"}
    link.save(update_fields=["version", "snapshot", "updated_at"])
    if link.object_id is None:
        return Outcome("unknown")
    order = Order.objects.get(id=link.object_id)
    _cancel(order, _why("trash"), Actor.connection(connection), now)
    return Outcome("deleted", order.id)


def _why(status: str) -> str:
    """The reason of a cancellation as the timeline shows it."""
    return {
        "cancelled": _("The store cancelled the order"),
        "refunded": _("The store gave all the money back"),
        "trash": _("The store deleted the order"),
    }[status]


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
