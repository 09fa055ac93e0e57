"""Changing what an order says: fields, lines, prices. Nothing is overwritten unseen."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.fields.actions import set_values
from crm.fields.models import Kind
from crm.fields.selectors import check_values, definitions_by_code
from crm.fields.values import FieldError, change_of, pointer_of
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from customers.phones import normalise_phone
from inventory.actions.adjust import set_wants
from inventory.actions.reserve import Want
from inventory.models import Reservation, ReservationState, Variant
from orders import events, problems
from orders.actions._common import answer, lock_order, save_order
from orders.actions.draft import MAX_LINES, MAX_MONEY, MAX_QUANTITY, basket_hash
from orders.edits import (
    ALWAYS,
    CUSTOM,
    FIELDS,
    MONEY_FIELDS,
    EditLine,
    OrderEdit,
    clean_value,
    custom_code,
)
from orders.errors import InvalidOrder, OrderClosed, OrderLocked
from orders.models import (
    DeliveryMethod,
    ExchangeRate,
    Order,
    OrderLine,
    PaymentMethod,
    PickItem,
    PickListState,
)
from orders.totals import line_total, order_totals


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
    plain, custom = _part(edit.fields)
    changes = _set_fields(order, plain)
    named = list(changes)
    if custom:
        before = order.custom
        changes.update(_set_custom(order, custom))
        named += [f"{CUSTOM}{c}" for c in custom if before.get(c) != order.custom.get(c)]
    if edit.lines is not None:
        changes.update(found := _set_lines(order, edit.lines, actor, now))
        named += found
    if not changes:
        return order
    lines = list(order.lines.all())
    _recount(order, lines)
    _review_problems(order, lines)
    order.basket_hash = basket_hash(lines)
    also = answer(order, now) if actor.member_id is not None else []
    save_order(
        order,
        [
            *FIELDS,
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
            *also,
        ],
        now=now,
    )
    if "lines" in changes:
        _update_pick_list(order, lines)
    record(
        events.EDITED,
        order,
        actor=actor,
        now=now,
        changes=changes,
        details={"fields": sorted(named)},
    )
    return order


def describe_edit(order: Order, edit: OrderEdit) -> dict[str, list[Any]]:
    """Return {field: [before, after]} of what the edit would change; nothing is written."""
    plain, custom = _part(edit.fields)
    changes = _differences(order, plain)
    if custom:
        changes.update(_custom_differences(order, custom))
    if edit.lines is not None:
        present = {line.id: line for line in order.lines.all()}
        before = [_line_words(line) for line in present.values()]
        variants = _variants_of(edit.lines)
        after = []
        for position, given in enumerate(edit.lines):
            _check_line(given, position)
            line = present.get(given.id) if given.id is not None else OrderLine()
            if line is None:
                raise InvalidOrder("unknown_line", field=f"lines/{position}/id")
            _fill_line(line, given, position, variants)
            after.append(_line_words(line))
        if before != after:
            changes["lines"] = [before, after]
    return changes


def _check_allowed(order: Order, edit: OrderEdit, allowed_by_warehouse: bool) -> None:
    harmless = all(name in ALWAYS or custom_code(name) for name in edit.fields)
    if harmless and edit.lines is None:
        return
    if not order.can_be_cancelled:
        raise OrderClosed(stage=order.stage_word)
    if order.is_locked and not allowed_by_warehouse:
        raise OrderLocked(stage=order.stage_word)


def _differences(order: Order, fields: dict[str, Any]) -> dict[str, list[Any]]:
    changes: dict[str, list[Any]] = {}
    for name, value in fields.items():
        if name not in FIELDS:
            raise InvalidOrder("unknown_field", field=name)
        value = clean_value(name, value)
        _check_value(name, value)
        before = getattr(order, name)
        if before != value:
            changes[name] = [_json(before), _json(value)]
    return changes


def _set_fields(order: Order, fields: dict[str, Any]) -> dict[str, list[Any]]:
    changes = _differences(order, fields)
    for name in changes:
        setattr(order, name, clean_value(name, fields[name]))
    if order.ship_from and order.ship_till and order.ship_till <= order.ship_from:
        raise InvalidOrder("interval_reversed", field="ship_till")
    return changes


def _part(fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part an edit's fields into the order's own and, by their codes, the company's."""
    plain = {name: value for name, value in fields.items() if not custom_code(name)}
    custom = {custom_code(name): value for name, value in fields.items() if custom_code(name)}
    return plain, custom


def _set_custom(order: Order, values: dict[str, Any]) -> dict[str, list[Any]]:
    definitions = definitions_by_code(Kind.ORDER)
    try:
        order.custom, changes = set_values(definitions, order.custom, values, order.pk)
    except FieldError as error:
        raise InvalidOrder(error.code, field=pointer_of(error.field)) from None
    return changes


def _custom_differences(order: Order, values: dict[str, Any]) -> dict[str, list[Any]]:
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


def _set_lines(
    order: Order, wanted: tuple[EditLine, ...], actor: Actor, now: datetime
) -> dict[str, list[Any]]:
    if not wanted:
        raise InvalidOrder("no_lines", field="lines")
    if len(wanted) > MAX_LINES:
        raise InvalidOrder("too_many_lines", field="lines", limit=MAX_LINES)
    present = {line.id: line for line in order.lines.all()}
    before = [_line_words(line) for line in present.values()]
    variants = _variants_of(wanted)
    kept: list[OrderLine] = []
    made: list[OrderLine] = []
    for position, given in enumerate(wanted):
        _check_line(given, position)
        line = present.get(given.id) if given.id is not None else None
        if given.id is not None and line is None:
            raise InvalidOrder("unknown_line", field=f"lines/{position}/id")
        if line is None:
            line = OrderLine(order_id=order.id)
            made.append(line)
        else:
            kept.append(line)
        _fill_line(line, given, position, variants)
    after = [_line_words(line) for line in sorted([*kept, *made], key=lambda row: row.position)]
    if before == after:
        return {}
    gone = set(present) - {line.id for line in kept}
    order.lines.filter(id__in=gone).delete()
    OrderLine.objects.bulk_update(
        kept,
        [
            "position",
            "variant",
            "sku",
            "name",
            "quantity",
            "price",
            "discount",
            "tax_rate",
            "total",
            "unit_cost",
        ],
    )
    OrderLine.objects.bulk_create(made)
    if order.is_example:  # it holds no goods: what is held stands in a ledger that only grows
        return {"lines": [before, after]}
    set_wants(
        demand_id=order.demand_id,
        wants=[
            Want(line.id, line.variant_id, line.quantity)
            for line in [*kept, *made]
            if line.variant_id
        ],
        first_warehouse_id=order.channel.warehouse_id,
        actor=actor,
        now=now,
    )
    order.is_short = Reservation.objects.filter(
        demand_id=order.demand_id, state=ReservationState.WAITING
    ).exists()
    return {"lines": [before, after]}


def _variants_of(lines: Iterable[EditLine]) -> dict[int | str, Variant]:
    ids = [line.variant_id for line in lines if line.variant_id]
    skus = [line.sku for line in lines if line.sku and not line.variant_id]
    rows = Variant.objects.select_related("product")
    found: dict[int | str, Variant] = {}
    for variant in rows.filter(id__in=ids) | rows.filter(sku__in=skus):
        found[variant.id] = found[variant.sku] = variant
    return found


def _check_line(given: EditLine, position: int) -> None:
    where = f"lines/{position}"
    if not 0 < given.quantity <= MAX_QUANTITY:
        raise InvalidOrder("quantity_out_of_range", field=f"{where}/quantity", limit=MAX_QUANTITY)
    if not 0 <= given.price < MAX_MONEY:
        raise InvalidOrder("price_out_of_range", field=f"{where}/price")
    if not 0 <= given.discount <= given.price * given.quantity:
        raise InvalidOrder("discount_out_of_range", field=f"{where}/discount")
    if not (given.sku or given.variant_id or given.name or given.id):
        raise InvalidOrder("line_without_goods", field=where)


def _fill_line(
    line: OrderLine, given: EditLine, position: int, variants: dict[int | str, Variant]
) -> None:
    variant = variants.get(given.variant_id or given.sku)
    if given.variant_id and variant is None:
        raise InvalidOrder("unknown_variant", field=f"lines/{position}/variant_id")
    if variant is not None and line.variant_id != variant.id:
        line.variant_id = variant.id
        line.sku = variant.sku
        line.name = (given.name or variant.title)[:400]
        line.unit_cost = variant.cost
        line.tax_rate = variant.tax_rate
    elif variant is None and line.variant_id is None:
        line.sku = given.sku[:64] or line.sku
        line.name = (given.name or line.name or given.sku)[:400]
    line.position = position
    line.quantity = given.quantity
    line.price = given.price
    line.discount = given.discount
    line.total = line_total(quantity=given.quantity, price=given.price, discount=given.discount)


def _recount(order: Order, lines: list[OrderLine]) -> None:
    if problems.NO_RATE in order.problems:
        order.rate = _rate(order) or Decimal(0)
    totals = order_totals(
        lines=((line.total, line.tax_rate) for line in lines),
        discount=order.discount,
        delivery=order.delivery_price,
        rate=order.rate,
        prices_include_tax=order.prices_include_tax,
    )
    if totals.total < 0:
        raise InvalidOrder("discount_out_of_range", field="discount")
    if totals.total >= MAX_MONEY:
        raise InvalidOrder("price_out_of_range", field="lines")
    order.lines_total = totals.lines
    order.tax = totals.tax
    order.total = totals.total
    order.total_base = totals.total_base


def _rate(order: Order) -> Decimal | None:
    if order.currency == Tenant.objects.get(id=current_tenant_id()).currency:
        return Decimal(1)
    return (
        ExchangeRate.objects.filter(currency=order.currency, since__lte=order.placed_at)
        .order_by("-since")
        .values_list("rate", flat=True)
        .first()
    )


def _review_problems(order: Order, lines: list[OrderLine]) -> None:
    """Drop what has been mended; what the lines show is judged anew."""
    found = {
        problems.UNKNOWN_SKU: any(line.sku and not line.variant_id for line in lines),
        problems.ZERO_PRICE: any(not line.price for line in lines),
        problems.NO_RATE: not order.rate,
    }
    kept = [p for p in order.problems if found.get(p, True)]
    if normalise_phone(order.recipient_phone):
        kept = [p for p in kept if p not in {problems.NO_CONTACT, problems.BAD_PHONE}]
    kept += [p for p, is_there in found.items() if is_there and p not in kept]
    order.problems = kept
    order.has_problems = bool(kept)


def _update_pick_list(order: Order, lines: list[OrderLine]) -> None:
    """Bring the live checklist in step with the lines; what was ticked stays ticked."""
    pick_list = order.pick_lists.filter(state__in=[PickListState.OPEN, PickListState.SHORT]).first()
    if pick_list is None:
        return
    present = {item.line_id: item for item in pick_list.items.all()}
    pick_list.items.all().delete()
    items = []
    for line in lines:
        old = present.get(line.id)
        items.append(
            PickItem(
                pick_list_id=pick_list.id,
                line_id=line.id,
                position=line.position,
                quantity=line.quantity,
                picked=min(old.picked, line.quantity) if old else 0,
                cell=old.cell if old else "",
            )
        )
    PickItem.objects.bulk_create(items)


def _line_words(line: OrderLine) -> str:
    return f"{line.quantity} × {line.name} · {line.price}" + (
        f" − {line.discount}" if line.discount else ""
    )


def _json(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | bool) else str(value)
