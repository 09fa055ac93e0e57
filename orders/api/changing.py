"""Inputs of the actions, made of validated bodies of changes and moves."""

from decimal import Decimal
from typing import Any

from orders.actions.transition import ParcelInput, ReturnInput
from orders.edits import CUSTOM, EditLine, OrderEdit

_EDITED = {
    "recipient": {"name": "recipient_name", "phone": "recipient_phone"},
    "delivery": {
        "method": "delivery_method",
        "city": "delivery_city",
        "branch": "delivery_branch",
        "street": "delivery_street",
        "price": "delivery_price",
    },
    "payment": {"method": "payment_method"},
}
_PLAIN = (
    "discount",
    "customer_comment",
    "manager_comment",
    "ship_date",
    "ship_from",
    "ship_till",
)


def read_edit(data: dict[str, Any]) -> OrderEdit:
    """Make the action's input of a validated OrderPatchIn."""
    changed = {name: data[name] for name in _PLAIN if name in data}
    for group, names in _EDITED.items():
        changed |= {names[name]: value for name, value in data.get(group, {}).items()}
    values = {
        name: value["amount"] if isinstance(value, dict) else value
        for name, value in changed.items()
    }
    values |= {f"{CUSTOM}{code}": v for code, v in data.get("custom", {}).items()}
    lines = None
    if "lines" in data:
        lines = tuple(
            EditLine(
                id=line.get("id"),
                variant_id=line.get("variant_id"),
                sku=line.get("sku", ""),
                name=line.get("name", ""),
                quantity=line["quantity"],
                price=line["price"]["amount"],
                discount=line["discount"]["amount"] if "discount" in line else Decimal(0),
            )
            for line in data["lines"]
        )
    return OrderEdit(fields=values, lines=lines)


def read_parcel(data: dict[str, Any]) -> ParcelInput:
    return ParcelInput(tracking_number=data.get("tracking_number", ""), **data.get("parcel", {}))


def read_returned(line: dict[str, Any]) -> ReturnInput:
    return ReturnInput(
        line_id=line["line_id"], quantity=line["quantity"], restock=line.get("restock", True)
    )
