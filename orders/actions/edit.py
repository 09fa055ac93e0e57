"""Changing what an order says: fields, lines, prices. Nothing is overwritten unseen."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm.audit.actor import Actor
from crm.audit.changes import Changes, plain
from crm.audit.record import record
from crm.fields.actions import set_values
from crm.fields.models import Kind
from crm.fields.selectors import check_values, definitions_by_code
from crm.fields.values import FieldError, change_of, pointer_of
from customers.phones import normalise_phone
from orders import events
from orders.actions._common import answer, default_status, lock_order, move, save_order
from orders.actions._lines import LinePlan, plan_lines, set_lines
from orders.actions._recount import recount, review_problems, taxed_as_stored
from orders.actions.draft import MAX_MONEY, basket_hash
from orders.actions.picking import follow_lines, reopen_pick_list
from orders.edits import ALWAYS, CUSTOM, FIELDS, MONEY_FIELDS, OrderEdit, clean_value, custom_code
from orders.errors import InvalidOrder, OrderClosed, OrderLocked
from orders.models import DeliveryMethod, Order, PaymentMethod
from orders.pipeline import Stage

# What an edit may change besides the fields that it names.
_FOLLOWING = (
    "basket_hash",
    "lines_total",
    "tax",
    "total",
    "total_base",
    "rate",
    "custom",
    "problems",
    "has_problems",
    "is_short",
)


@transaction.atomic
def edit_order(
    *,
    order_id: int,
    edit: OrderEdit,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
    allowed_by_warehouse: bool = False,
) -> Order:
    """Set the fields and lines of an order that has not left yet.

    Raises StaleOrder when it is no longer the version the editor saw, OrderLocked while the
    warehouse has it (ask with `request_edit`), OrderClosed after that, InvalidOrder for values.
    Setting what is there already changes nothing.
    """
    order = lock_order(order_id, expected_version=expected_version)
    _check_allowed(order, edit, allowed_by_warehouse)
    own, custom = _part(edit.fields)
    taxed = taxed_as_stored(order)
    changes = _set_fields(order, own)
    named = list(changes)
    if custom:
        before = order.custom
        changes.update(_set_custom(order, custom))
        named += [f"{CUSTOM}{c}" for c in custom if before.get(c) != order.custom.get(c)]
    plan: LinePlan | None = None
    if edit.lines is not None:
        plan = set_lines(order, edit.lines, actor=actor, now=now)
        changes.update(plan.changes)
        named += plan.changes
    if not changes:
        return order
    lines = list(order.lines.all())
    recount(order, lines, taxed_before=taxed, by_source=edit.by_source)
    review_problems(order, lines)
    order.basket_hash = basket_hash(lines)
    also = answer(order, now) if actor.member_id is not None else []
    save_order(order, [*FIELDS, *_FOLLOWING, *also], now=now)
    record(
        events.EDITED,
        order,
        actor=actor,
        now=now,
        changes=changes,
        details={"fields": sorted(named)},
    )
    if plan is not None and plan.changes:
        if order.stage == Stage.PACKED and plan.moves_goods:
            _unpack(order, actor=actor, now=now)
        follow_lines(order=order, lines=lines, swapped=plan.swapped)
    return order


def _unpack(order: Order, *, actor: Actor, now: datetime) -> None:
    """Put a packed order whose goods have changed back on the picker's list: its parcel holds
    other goods than it is to hold. The parcel stays, and is closed again by packing."""
    reopen_pick_list(order=order)
    target = default_status(Stage.PICKING)
    move(order, target, actor=actor, now=now, reason=_("The goods have changed"), by_rules=False)


def describe_edit(order: Order, edit: OrderEdit) -> Changes:
    """Return {field: [before, after]} of what the edit would change; nothing is written."""
    own, custom = _part(edit.fields)
    changes = _differences(order, own)
    if custom:
        changes.update(_custom_differences(order, custom))
    if edit.lines is not None:
        changes.update(plan_lines(order, edit.lines).changes)
    return changes


def _check_allowed(order: Order, edit: OrderEdit, allowed_by_warehouse: bool) -> None:
    harmless = all(name in ALWAYS or custom_code(name) for name in edit.fields)
    if harmless and edit.lines is None:
        return
    if not order.can_be_cancelled:
        raise OrderClosed(stage=order.stage_word)
    if order.is_locked and not allowed_by_warehouse:
        raise OrderLocked(stage=order.stage_word)


def _differences(order: Order, fields: dict[str, Any]) -> Changes:
    changes: Changes = {}
    for name, value in fields.items():
        if name not in FIELDS:
            raise InvalidOrder("unknown_field", field=name)
        value = clean_value(name, value)
        _check_value(name, value)
        before = getattr(order, name)
        if before != value:
            changes[name] = [plain(before), plain(value)]
    return changes


def _set_fields(order: Order, fields: dict[str, Any]) -> Changes:
    changes = _differences(order, fields)
    for name in changes:
        setattr(order, name, clean_value(name, fields[name]))
    if order.ship_from and order.ship_till and order.ship_till <= order.ship_from:
        raise InvalidOrder("interval_reversed", field="ship_till")
    return changes


def _part(fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part an edit's fields into the order's own and, by their codes, the company's."""
    own = {name: value for name, value in fields.items() if not custom_code(name)}
    custom = {custom_code(name): value for name, value in fields.items() if custom_code(name)}
    return own, custom


def _set_custom(order: Order, values: dict[str, Any]) -> Changes:
    definitions = definitions_by_code(Kind.ORDER)
    try:
        order.custom, changes = set_values(definitions, order.custom, values, order.pk)
    except FieldError as error:
        raise InvalidOrder(error.code, field=pointer_of(error.field)) from None
    return changes


def _custom_differences(order: Order, values: dict[str, Any]) -> Changes:
    definitions = definitions_by_code(Kind.ORDER)
    try:
        checked = check_values(definitions, values)
    except FieldError as error:
        raise InvalidOrder(error.code, field=pointer_of(error.field)) from None
    return dict(
        change_of(definitions[code], order.custom.get(code), value)
        for code, value in checked.items()
        if order.custom.get(code) != value
    )


def _check_value(name: str, value: Any) -> None:
    if name in MONEY_FIELDS and not 0 <= value < MAX_MONEY:
        raise InvalidOrder("amount_out_of_range", field=name)
    if name == "delivery_method" and value and value not in DeliveryMethod.values:
        raise InvalidOrder("unknown_delivery_method", field=name)
    if name == "payment_method" and value and value not in PaymentMethod.values:
        raise InvalidOrder("unknown_payment_method", field=name)
    if name == "recipient_phone" and value and normalise_phone(value) is None:
        raise InvalidOrder("bad_phone", field=name)
