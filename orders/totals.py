"""What an order costs. total = lines - discount + delivery + tax, rounded half up to 0.01."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from orders.pipeline import Stage

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
    else each line's tax is computed on its total less its share of the order's discount, unless
    `tax` gives the sum as the source counted it. `rate` is the worth of one unit of the order's
    currency in the company's.
    """
    pairs = list(lines)
    lines_total = sum((total for total, _rate in pairs), Decimal(0))
    if tax is None:
        tax = Decimal(0) if prices_include_tax else tax_on(pairs, discount)
    total = round_money(lines_total - discount + delivery + tax)
    return Totals(round_money(lines_total), round_money(tax), total, round_money(total * rate))


def tax_on(lines: Iterable[tuple[Decimal, Decimal]], discount: Decimal) -> Decimal:
    """The tax on top of (total, tax rate in percent) of each line, of which each bears its share
    of the order's discount: what nobody pays is not taxed. A discount above the goods was given
    on their delivery."""
    pairs = list(lines)
    whole = sum((total for total, _percent in pairs), Decimal(0))
    paid = max(whole - discount, Decimal(0)) / whole if whole else Decimal(0)
    return sum((round_money(total * paid * percent / 100) for total, percent in pairs), Decimal(0))


class Taxed(NamedTuple):
    """What the tax on top of prices is counted from: (total, tax rate in percent) of the lines,
    and the order's discount."""

    lines: Sequence[tuple[Decimal, Decimal]]
    discount: Decimal

    @property
    def tax(self) -> Decimal:
        return tax_on(self.lines, self.discount)


def carry_tax(tax: Decimal, *, before: Taxed, after: Taxed, by_source: bool) -> Decimal:
    """The tax of an order, with prices without it, that has changed.

    What its source counted besides the lines' own (on delivery, by its way of rounding) stays.
    `by_source`: the change is the source's, which tells of a discount that its tax has in it.
    """
    if by_source:
        after = after._replace(discount=before.discount)
    return max(tax - before.tax + after.tax, Decimal(0))


def returned_worth(
    lines: Iterable[tuple[Decimal, Decimal, int, int]], *, discount: Decimal, tax: Decimal
) -> Decimal:
    """What the units that came back had cost, with their share of the order's discount and tax.

    `lines` holds (total, tax rate, units, units that came back). Delivery was done and is not
    given back. Counted from all that came back so far, so that parts add up to the whole.
    """
    whole = back = taxed = taxed_back = Decimal(0)
    for total, percent, units, returned in lines:
        part = total * returned / units
        whole += total
        back += part
        taxed += total * percent
        taxed_back += part * percent
    if not whole:
        return Decimal(0)
    share = taxed_back / taxed if taxed else back / whole
    # A discount above the goods was given on their delivery.
    return round_money(max(back - discount * back / whole, Decimal(0)) + tax * share)


def due_of(
    stage: int, total: Decimal, paid: Decimal, refunded: Decimal, returned: Decimal
) -> Decimal:
    """What is still to be paid; below zero: to be given back. Goods that came back cost nothing,
    nor does an order that was cancelled or has come back as a whole."""
    is_over = stage in (Stage.CANCELLED, Stage.RETURNED)
    return (Decimal(0) if is_over else total - returned) - paid + refunded
