"""An order's content as plain values, so that two versions of it can be compared."""

from collections.abc import Collection
from datetime import date, time
from decimal import Decimal
from typing import Any

from orders.edits import (
    DATE_FIELDS,
    FIELDS,
    MONEY_FIELDS,
    TIME_FIELDS,
    EditLine,
    OrderEdit,
    custom_code,
)
from orders.models import Order, OrderLine

LINE = "line:"
NEW_LINE = "new:"


def read_snapshot(
    order: Order, fields: Collection[str] = FIELDS, *, with_lines: bool = False
) -> dict[str, Any]:
    """Return the fields as text, the company's own as they are kept, and each line under
    "line:ID". One query for the lines."""
    values: dict[str, Any] = {name: plain(name, read_field(order, name)) for name in fields}
    if with_lines:
        for line in order.lines.order_by("position"):
            values[f"{LINE}{line.pk}"] = plain_line(line)
    return values


def read_field(order: Order, name: str) -> Any:
    """The value of a field, or of one of the company's own."""
    code = custom_code(name)
    return order.custom.get(code) if code else getattr(order, name)


def plain(name: str, value: Any) -> Any:
    """One field's value as text, the company's own as JSON; equal values are equal."""
    if custom_code(name):
        return value
    if value is None or value == "":
        return ""
    if name in MONEY_FIELDS:
        return f"{Decimal(value):.2f}"
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def plain_line(line: OrderLine | EditLine) -> dict[str, Any]:
    return {
        "variant_id": line.variant_id,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "price": f"{line.price:.2f}",
        "discount": f"{line.discount:.2f}",
    }


def to_edit(
    values: dict[str, Any], *, present: dict[str, Any], order: Collection[str] = ()
) -> OrderEdit:
    """Return the edit that turns `present` into `values`: only what differs is set.

    `order` names the lines in the order in which they shall stand.
    """
    fields = {
        name: _value(name, value)
        for name, value in values.items()
        if ":" not in name and value != present.get(name)
    }
    lines = {k: v for k, v in values.items() if ":" in k}
    before = {k: v for k, v in present.items() if ":" in k}
    kept = [name for name in lines if lines[name] is not None]
    ranks = {name: rank for rank, name in enumerate(order)}
    kept.sort(key=lambda name: ranks.get(name, len(ranks)))
    if {name: lines[name] for name in kept} == before and kept == list(before):
        return OrderEdit(fields)
    return OrderEdit(fields, tuple(_line(name, lines[name]) for name in kept))


def _line(name: str, values: dict[str, Any]) -> EditLine:
    return EditLine(
        id=int(name.removeprefix(LINE)) if name.startswith(LINE) else None,
        variant_id=values["variant_id"],
        sku=values["sku"],
        name=values["name"],
        quantity=int(values["quantity"]),
        price=Decimal(values["price"]),
        discount=Decimal(values["discount"]),
    )


def _value(name: str, text: str) -> Any:
    if name in MONEY_FIELDS:
        return Decimal(text or 0)
    if name in DATE_FIELDS:
        return date.fromisoformat(text) if text else None
    if name in TIME_FIELDS:
        return time.fromisoformat(text) if text else None
    return text
