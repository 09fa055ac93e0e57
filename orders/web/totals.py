"""The sums under the order form, counted here: the page only shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.formats import money_text
from crm.shell.numbers import read_whole
from orders.models import Channel, Order
from orders.selectors.visible import visible_orders
from orders.totals import Taxed, carry_tax, order_totals
from orders.web.entry import EntryLine, read_discount, read_lines, read_money


@dataclass(frozen=True, slots=True)
class Counted:
    """What the order would cost as typed so far; what can't be read yet counts as nothing."""

    currency: str
    units: int
    lines: Decimal
    discount: Decimal
    delivery: Decimal
    tax: Decimal
    total: Decimal
    paid: Decimal
    short: int

    @property
    def due(self) -> Decimal:
        return self.total - self.paid


def count_form(
    lines: list[EntryLine], data: Mapping[str, Any], *, currency: str, order: Order | None = None
) -> Counted:
    """Count the form as the order would be counted when it is saved."""
    goods = sum((line.total for line in lines), Decimal(0))
    off = read_discount(str(data.get("discount", "")), goods) or Decimal(0)
    off = min(max(off, Decimal(0)), goods)
    delivery = max(read_money(str(data.get("delivery_price", ""))) or Decimal(0), Decimal(0))
    paid = max(read_money(str(data.get("paid", ""))) or Decimal(0), Decimal(0))
    if order is not None:
        paid = order.paid - order.refunded
    totals = order_totals(
        lines=((line.total, Decimal(0)) for line in lines),
        discount=off,
        delivery=delivery,
        rate=Decimal(1),
        prices_include_tax=True,
        tax=_tax(lines, off, order),
    )
    return Counted(
        currency=currency,
        units=sum(line.units for line in lines),
        lines=totals.lines,
        discount=off,
        delivery=delivery,
        tax=totals.tax,
        total=totals.total,
        paid=paid,
        short=sum(line.lacking for line in lines),
    )


def _tax(lines: list[EntryLine], discount: Decimal, order: Order | None) -> Decimal:
    """Tax on top of prices: of an order that came with such prices. One query, if so."""
    if order is None or order.prices_include_tax:
        return order.tax if order else Decimal(0)
    rows = order.lines.values_list("id", "total", "tax_rate")
    stored = {pk: (total, rate) for pk, total, rate in rows}
    rates = {pk: rate for pk, (_total, rate) in stored.items()}
    after = [(line.total, rates.get(line.id or 0, line.tax_rate)) for line in lines]
    before = Taxed(list(stored.values()), order.discount)
    return carry_tax(order.tax, before=before, after=Taxed(after, discount), by_source=False)


@requires(Permission.ORDERS_VIEW)
@require_POST
def count(request: CompanyRequest) -> HttpResponse:
    """Line totals and the sums, as JSON, while somebody types."""
    lines = read_lines(request.POST)
    number = request.POST.get("number", "")
    me = request.membership
    is_number = read_whole(number.removeprefix("-")) is not None
    order = visible_orders(me).filter(number=int(number)).first() if is_number else None
    if order is not None:
        currency = order.currency
    else:
        code = request.POST.get("channel", "")
        found = Channel.objects.filter(code=code).values_list("currency", flat=True).first()
        currency = found or request.company.currency
    counted = count_form(lines, request.POST, currency=currency, order=order)
    return JsonResponse(
        {
            "currency": currency,
            "lines": [
                {
                    "total": money_text(line.total, currency),
                    "lacking": line.lacking,
                    "available": line.available,
                }
                for line in lines
            ],
            "sums": render_to_string("orders/_form_sums.html", {"counted": counted}, request),
        }
    )
