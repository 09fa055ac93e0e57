"""An order as it comes in, from whichever door. Text is as typed; actions normalise it."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class LineInput:
    """A line by variant, by SKU or by free text. Without a price the catalogue's is taken."""

    quantity: int
    sku: str = ""
    variant_id: int | None = None
    name: str = ""
    price: Decimal | None = None
    discount: Decimal = Decimal(0)
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class BuyerInput:
    name: str = ""
    phone: str = ""
    email: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryInput:
    """Where and how. Without a recipient the buyer receives."""

    method: str = ""
    city: str = ""
    branch: str = ""
    street: str = ""
    price: Decimal = Decimal(0)
    recipient_name: str = ""
    recipient_phone: str = ""


@dataclass(frozen=True, slots=True)
class PaymentInput:
    amount: Decimal
    method: str
    paid_at: datetime | None = None
    external_id: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class OrderInput:
    """A new order. `external_id` is the source's own id, unique in its channel.

    `tax` is the sum as the source counted it; None: computed from the lines (orders.totals).
    `all_or_nothing` refuses the order when a line is short; None: the channel's policy.
    """

    channel_code: str
    lines: tuple[LineInput, ...]
    buyer: BuyerInput = BuyerInput()
    delivery: DeliveryInput = DeliveryInput()
    customer_id: int | None = None
    external_id: str = ""
    external_number: str = ""
    currency: str = ""
    discount: Decimal = Decimal(0)
    prices_include_tax: bool = True
    tax: Decimal | None = None
    payment_method: str = ""
    payment: PaymentInput | None = None
    customer_comment: str = ""
    manager_comment: str = ""
    ship_date: date | None = None
    ship_from: time | None = None
    ship_till: time | None = None
    manager_id: int | None = None
    tags: tuple[str, ...] = ()
    attribution: dict[str, str] = field(default_factory=dict)
    # Values of the company's own fields by their codes, as JSON.
    custom: dict[str, Any] = field(default_factory=dict)
    placed_at: datetime | None = None
    all_or_nothing: bool | None = None

    def content_hash(self) -> str:
        """SHA-256 of everything in it, hexadecimal."""
        plain = _plain(self)
        if not self.custom:
            # As it was counted before there were such fields: what was pushed then is known.
            del plain[list(self.__slots__).index("custom")]
        return hashlib.sha256(repr(plain).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Values of which equal ones print the same: 100 and 100.00 are the same money."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return sorted(value.items())
    slots = getattr(type(value), "__slots__", None)
    if slots:
        return [_plain(getattr(value, name)) for name in slots]
    return value
