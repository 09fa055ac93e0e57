"""The order form's lines as people typed them, read and checked; typed text is never lost."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from crm.shell.numbers import read_whole
from inventory.models import Variant
from inventory.selectors.search import with_stock
from orders.actions.draft import MAX_QUANTITY
from orders.edits import EditLine
from orders.inputs import LineInput
from orders.models import Order
from orders.totals import line_total, round_money
from orders.web.forms import money_input
from orders.wording import ERROR_TEXTS

_SPACES = dict.fromkeys(map(ord, " \u00a0\u202f'"))
MAX_TYPED = 500


@dataclass(slots=True)
class EntryLine:
    """One row of the form: the text of its cells, what it means, and what is wrong with it."""

    quantity: str = "1"
    price: str = ""
    discount: str = ""
    id: int | None = None
    variant_id: int | None = None
    sku: str = ""
    name: str = ""
    picture: str = ""
    available: int | None = None
    held: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    units: int = 0
    amount: Decimal = Decimal(0)
    off: Decimal = Decimal(0)
    tax_rate: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        return line_total(quantity=self.units, price=self.amount, discount=self.off)

    @property
    def lacking(self) -> int:
        """Units that are neither free now nor held for this order already."""
        if self.available is None:
            return 0
        return max(self.units - self.available - self.held, 0)

    @property
    def is_empty(self) -> bool:
        return not (self.variant_id or self.name or self.sku)

    def check(self) -> None:
        """Read the cells; what can't be read stands in `errors` beside its cell."""
        quantity = self.quantity.translate(_SPACES)
        self.units = read_whole(quantity) or 0
        if not 0 < self.units <= MAX_QUANTITY:
            limit = {"limit": MAX_QUANTITY}
            self.errors["quantity"] = str(ERROR_TEXTS["quantity_out_of_range"]) % limit
        price = read_money(self.price)
        if price is None or price < 0:
            self.errors["price"] = _("Type a price.")
        self.amount = max(price or Decimal(0), Decimal(0))
        off = read_discount(self.discount, self.amount * self.units)
        if off is None or not 0 <= off <= self.amount * self.units:
            self.errors["discount"] = str(ERROR_TEXTS["discount_out_of_range"])
            off = Decimal(0)
        self.off = off

    def to_edit(self) -> EditLine:
        return EditLine(
            id=self.id,
            variant_id=self.variant_id,
            sku=self.sku,
            name=self.name,
            quantity=self.units,
            price=self.amount,
            discount=self.off,
        )

    def to_input(self) -> LineInput:
        return LineInput(
            quantity=self.units,
            variant_id=self.variant_id,
            sku="" if self.variant_id else self.sku,
            name=self.name,
            price=self.amount,
            discount=self.off,
        )


def read_money(text: str) -> Decimal | None:
    """ "1 249,50" -> 1249.50; None for what is no amount."""
    text = text.translate(_SPACES).replace(",", ".")
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return round_money(amount) if amount.is_finite() and abs(amount) < 10**11 else None


def read_discount(text: str, of: Decimal) -> Decimal | None:
    """An amount, or a share of `of` ("10%"); nothing typed is nothing off."""
    text = text.strip()
    if not text:
        return Decimal(0)
    if not text.endswith("%"):
        return read_money(text)
    percent = read_money(text[:-1])
    if percent is None or not 0 <= percent <= 100:
        return None
    return round_money(of * percent / 100)


def read_lines(data: QueryDict) -> list[EntryLine]:
    """Read the rows of the form in their order; rows without goods are left out."""
    columns = {
        name: data.getlist(f"line_{name}")[:MAX_TYPED]
        for name in ("id", "variant", "sku", "name", "quantity", "price", "discount")
    }

    def cell(name: str, index: int) -> str:
        values = columns[name]
        return values[index].strip() if index < len(values) else ""

    lines = []
    for index in range(len(columns["quantity"])):
        line = EntryLine(
            id=_id(cell("id", index)),
            variant_id=_id(cell("variant", index)),
            sku=cell("sku", index)[:64],
            name=cell("name", index)[:400],
            quantity=cell("quantity", index),
            price=cell("price", index),
            discount=cell("discount", index),
        )
        if not line.is_empty:
            line.check()
            lines.append(line)
    add_stock(lines)
    return lines


def lines_of(order: Order, held: dict[int, int] | None = None) -> list[EntryLine]:
    """The rows with which an order's form begins. Two queries."""
    held = held or {}
    lines = [
        EntryLine(
            id=line.pk,
            variant_id=line.variant_id,
            sku=line.sku,
            name=line.name,
            quantity=str(line.quantity),
            price=money_input(line.price),
            discount=money_input(line.discount) if line.discount else "",
            held=held.get(line.pk, 0),
        )
        for line in order.lines.order_by("position")
    ]
    for line in lines:
        line.check()
    add_stock(lines)
    return lines


def add_stock(lines: list[EntryLine]) -> None:
    """Give each row its picture and what is free of it. One query."""
    ids = {line.variant_id for line in lines if line.variant_id}
    found: dict[int, Any] = {}
    if ids:
        rows = with_stock(Variant.objects.filter(pk__in=ids)).select_related("product")
        found = {row.pk: row for row in rows}
    for line in lines:
        variant = found.get(line.variant_id or 0)
        if variant is not None:
            line.available = variant.available
            line.picture = variant.product.picture
            line.tax_rate = variant.tax_rate
            line.sku = line.sku or variant.sku
            line.name = line.name or variant.title


def _id(text: str) -> int | None:
    return read_whole(text)
