"""What an order costs. total = lines - discount + delivery + tax, rounded half up to 0.01."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")


def round_money(amount: Decimal) -> Decimal:
    """Round half up to hundredths."""
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def line_total(*, quantity: int, price: Decimal, discount: Decimal) -> Decimal:
    """quantity * price - discount of the line."""
    return round_money(quantity * price - discount)


@dataclass(frozen=True, slots=True)
class Totals:
    lines: Decimal
    tax: Decimal
    total: Decimal
    total_base: Decimal


def order_totals(
    *,
    lines: Iterable[tuple[Decimal, Decimal]],
    discount: Decimal,
    delivery: Decimal,
    rate: Decimal,
    prices_include_tax: bool,
    tax: Decimal | None = None,
) -> Totals:
    """Add up an order.

    `lines` holds (total, tax rate in percent). With prices that include tax nothing is added;
    else each line's tax is computed on its total, unless `tax` gives the sum as the source
    counted it. `rate` is the worth of one unit of the order's currency in the company's.
    """
    pairs = list(lines)
    lines_total = sum((total for total, _rate in pairs), Decimal(0))
    if tax is None:
        tax = Decimal(0)
        if not prices_include_tax:
            tax = sum((round_money(total * percent / 100) for total, percent in pairs), tax)
    total = round_money(lines_total - discount + delivery + tax)
    return Totals(round_money(lines_total), round_money(tax), total, round_money(total * rate))
