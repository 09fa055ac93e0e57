"""What follows from an order's changed lines and fields: its totals and its known problems."""

from decimal import Decimal

from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant
from customers.phones import normalise_phone
from orders import problems
from orders.actions.draft import MAX_MONEY
from orders.actions.rates import find_rate
from orders.errors import InvalidOrder
from orders.models import Order, OrderLine
from orders.totals import Taxed, carry_tax, order_totals


def taxed_as_stored(order: Order) -> Taxed:
    """What the order's tax was counted from, where it comes on top of prices."""
    lines = [] if order.prices_include_tax else order.lines.values_list("total", "tax_rate")
    return Taxed(list(lines), order.discount)


def recount(order: Order, lines: list[OrderLine], *, taxed_before: Taxed, by_source: bool) -> None:
    """Set the sums of an order whose lines, discount or delivery have changed."""
    if problems.NO_RATE in order.problems:
        order.rate = _rate(order) or Decimal(0)
    taxed = [] if order.prices_include_tax else [(line.total, line.tax_rate) for line in lines]
    totals = order_totals(
        lines=((line.total, line.tax_rate) for line in lines),
        discount=order.discount,
        delivery=order.delivery_price,
        rate=order.rate,
        prices_include_tax=order.prices_include_tax,
        tax=carry_tax(
            order.tax,
            before=taxed_before,
            after=Taxed(taxed, order.discount),
            by_source=by_source,
        ),
    )
    if totals.total < 0:
        raise InvalidOrder("discount_out_of_range", field="discount")
    if totals.total >= MAX_MONEY or totals.total_base >= MAX_MONEY * 100:
        raise InvalidOrder("price_out_of_range", field="lines")
    order.lines_total = totals.lines
    order.tax = totals.tax
    order.total = totals.total
    order.total_base = totals.total_base


def _rate(order: Order) -> Decimal | None:
    if order.currency == Tenant.objects.get(id=current_tenant_id()).currency:
        return Decimal(1)
    return find_rate(order)


def review_problems(order: Order, lines: list[OrderLine]) -> None:
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
