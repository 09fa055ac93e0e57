"""A change of an order as data: what a form, the API or a request to the warehouse asks for."""

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from customers.phones import normalise_phone
from orders.totals import round_money

TEXT_FIELDS = {
    "recipient_name": 200,
    "recipient_phone": 20,
    "delivery_method": 12,
    "delivery_city": 120,
    "delivery_branch": 200,
    "delivery_street": 300,
    "payment_method": 10,
    "customer_comment": 2000,
    "manager_comment": 2000,
}
MONEY_FIELDS = ("discount", "delivery_price")
DATE_FIELDS = ("ship_date",)
TIME_FIELDS = ("ship_from", "ship_till")
FIELDS = (*TEXT_FIELDS, *MONEY_FIELDS, *DATE_FIELDS, *TIME_FIELDS)
# What may change whatever the warehouse is doing: it touches neither goods nor parcel.
ALWAYS = frozenset({"manager_comment", "customer_comment"})


# Before the code of a field of the company's own: `custom.gift_wrap`; its value is JSON.
CUSTOM = "custom."


@dataclass(frozen=True, slots=True)
class EditLine:
    """A line as it shall be. `id` None: a new line; otherwise that line with these values.

    Without a tax rate (percent) a line keeps its own, or takes that of its goods.
    """

    quantity: int
    price: Decimal
    discount: Decimal = Decimal(0)
    id: int | None = None
    variant_id: int | None = None
    sku: str = ""
    name: str = ""
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderEdit:
    """Fields to set by name (see FIELDS), and all the lines as they shall be, or None.

    `by_source`: the source that counted the order's tax tells what it has changed.
    """

    fields: dict[str, Any]
    lines: tuple[EditLine, ...] | None = None
    by_source: bool = False

    def to_json(self) -> dict[str, Any]:
        lines = None
        if self.lines is not None:
            lines = [
                {
                    "id": line.id,
                    "variant_id": line.variant_id,
                    "sku": line.sku,
                    "name": line.name,
                    "quantity": line.quantity,
                    "price": str(line.price),
                    "discount": str(line.discount),
                    "tax_rate": None if line.tax_rate is None else str(line.tax_rate),
                }
                for line in self.lines
            ]
        fields = {
            name: v if v is None or name.startswith(CUSTOM) else str(v)
            for name, v in self.fields.items()
        }
        return {"fields": fields, "lines": lines, "by_source": self.by_source}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "OrderEdit":
        lines = None
        if data["lines"] is not None:
            lines = tuple(
                EditLine(
                    id=line["id"],
                    variant_id=line["variant_id"],
                    sku=line["sku"],
                    name=line["name"],
                    quantity=line["quantity"],
                    price=Decimal(line["price"]),
                    discount=Decimal(line["discount"]),
                    tax_rate=Decimal(line["tax_rate"]) if line.get("tax_rate") else None,
                )
                for line in data["lines"]
            )
        fields = {name: _read(name, v) for name, v in data["fields"].items()}
        return cls(fields, lines, by_source=data.get("by_source", False))


def custom_code(name: str) -> str:
    """The code of the company's own field that a name of an edit means; empty for other names."""
    return name.removeprefix(CUSTOM) if name.startswith(CUSTOM) else ""


def clean_value(name: str, value: Any) -> Any:
    """Return a field's value as it is stored: text trimmed and cut, a phone in E.164, money in
    hundredths."""
    if name in TEXT_FIELDS:
        text = str(value or "").strip()
        if name == "recipient_phone" and text:
            text = normalise_phone(text) or text
        return text[: TEXT_FIELDS[name]]
    return round_money(value) if name in MONEY_FIELDS else value


def _read(name: str, value: Any) -> Any:
    if value is None or name.startswith(CUSTOM):
        return value
    if name in MONEY_FIELDS:
        return Decimal(value)
    if name in DATE_FIELDS:
        return date.fromisoformat(value)
    if name in TIME_FIELDS:
        return time.fromisoformat(value)
    return value
