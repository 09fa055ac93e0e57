"""The lines of an order as an edit wants them: planned in memory, then written with their stock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from crm.audit.actor import Actor
from crm.audit.changes import Changes
from inventory.actions.adjust import set_wants
from inventory.actions.reserve import Want
from inventory.models import Reservation, ReservationState, Variant
from orders.actions.draft import MAX_LINES, MAX_MONEY, MAX_QUANTITY
from orders.edits import EditLine
from orders.errors import InvalidOrder
from orders.models import Order, OrderLine
from orders.totals import line_total, round_money

_STORED = (
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
)


@dataclass(frozen=True, slots=True)
class LinePlan:
    """An order's lines as they shall be: those that stay, with their new values, and new ones."""

    kept: list[OrderLine]
    made: list[OrderLine]
    gone: set[int]
    swapped: set[int]  # the ids of those that ask for other goods now
    recounted: set[int]  # the ids of those that ask for more or fewer of the same
    changes: Changes

    @property
    def moves_goods(self) -> bool:
        """Tell whether something else lies in the parcel then."""
        return bool(self.made or self.gone or self.swapped or self.recounted)


def plan_lines(order: Order, wanted: Sequence[EditLine]) -> LinePlan:
    """Fill the lines as wanted; nothing is written. Two queries. Raises InvalidOrder."""
    if not wanted:
        raise InvalidOrder("no_lines", field="lines")
    if len(wanted) > MAX_LINES:
        raise InvalidOrder("too_many_lines", field="lines", limit=MAX_LINES)
    present = {line.id: line for line in order.lines.all()}
    before = [_facts(line) for line in present.values()]
    variants = _variants_of(wanted)
    kept: list[OrderLine] = []
    made: list[OrderLine] = []
    swapped: set[int] = set()
    recounted: set[int] = set()
    for position, given in enumerate(wanted):
        _check_line(given, position)
        line = present.get(given.id) if given.id is not None else None
        if given.id is not None and line is None:
            raise InvalidOrder("unknown_line", field=f"lines/{position}/id")
        if line in kept:  # its goods would be held twice
            raise InvalidOrder("invalid", field=f"lines/{position}/id")
        if line is None:
            line = OrderLine(order_id=order.id)
            made.append(line)
        else:
            kept.append(line)
        goods, units = (line.variant_id, line.sku), line.quantity
        _fill_line(line, given, position, variants)
        if (line.variant_id, line.sku) != goods:
            swapped.add(line.id)
        elif line.quantity != units:
            recounted.add(line.id)
    after = [_facts(line) for line in sorted([*kept, *made], key=lambda row: row.position)]
    return LinePlan(
        kept=kept,
        made=made,
        gone=set(present) - {line.id for line in kept},
        swapped=swapped,
        recounted=recounted,
        changes={} if before == after else {"lines": _words(before, after)},
    )


def set_lines(order: Order, wanted: Sequence[EditLine], *, actor: Actor, now: datetime) -> LinePlan:
    """Store the lines of a locked order as wanted and hold their goods; return the plan."""
    plan = plan_lines(order, wanted)
    if not plan.changes:
        return plan
    order.lines.filter(id__in=plan.gone).delete()
    OrderLine.objects.bulk_update(plan.kept, _STORED)
    OrderLine.objects.bulk_create(plan.made)
    if order.is_example:  # it holds no goods: what is held stands in a ledger that only grows
        return plan
    set_wants(
        demand_id=order.demand_id,
        wants=[
            Want(line.id, line.variant_id, line.quantity)
            for line in [*plan.kept, *plan.made]
            if line.variant_id
        ],
        first_warehouse_id=order.channel.warehouse_id,
        actor=actor,
        now=now,
    )
    order.is_short = Reservation.objects.filter(
        demand_id=order.demand_id, state=ReservationState.WAITING
    ).exists()
    return plan


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
    if not 0 <= round_money(given.discount) <= round_money(given.price) * given.quantity:
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
    elif variant is None and given.sku and line.variant_id is not None and given.sku != line.sku:
        # Another article, which the catalogue does not know: kept as text and flagged.
        line.variant_id = line.unit_cost = None
        line.sku = given.sku[:64]
        line.name = (given.name or given.sku)[:400]
    elif variant is None and line.variant_id is None:
        line.sku = given.sku[:64] or line.sku
        line.name = (given.name or line.name or given.sku)[:400]
    if given.tax_rate is not None:
        line.tax_rate = given.tax_rate
    line.position = position
    line.quantity = given.quantity
    line.price = round_money(given.price)
    line.discount = round_money(given.discount)
    line.total = line_total(quantity=line.quantity, price=line.price, discount=line.discount)


class _Facts(NamedTuple):
    """What makes two states of a line the same; articles may share a name and a price."""

    words: str
    sku: str
    variant_id: int | None
    tax_rate: Decimal


def _facts(line: OrderLine) -> _Facts:
    words = f"{line.quantity} × {line.name} · {line.price}" + (
        f" − {line.discount}" if line.discount else ""
    )
    return _Facts(words, line.sku, line.variant_id, line.tax_rate)


def _words(before: list[_Facts], after: list[_Facts]) -> list[list[str]]:
    """The lines before and after in words, with their articles where only these differ."""
    words = [[row.words for row in rows] for rows in (before, after)]
    if words[0] == words[1]:
        return [[f"{row.words} ({row.sku or '—'})" for row in rows] for rows in (before, after)]
    return words
