"""Saving a change of an order over a colleague's shoulder: nothing is overwritten unseen."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm.audit.actor import Actor
from crm.fields.models import FieldDefinition, Kind
from crm.fields.selectors import Definitions, definitions_by_code
from crm.fields.values import show_value as show_custom
from crm.shell.numbers import read_whole
from orders.actions.edit import edit_order
from orders.actions.edit_requests import request_edit
from orders.comparison import THEIRS, YOURS, Difference, compare, is_overtaken, merge
from orders.edits import FIELDS, custom_code
from orders.errors import InvalidOrder, StaleOrder
from orders.models import EditRequest, Order
from orders.selectors.snapshot import LINE, NEW_LINE, read_snapshot, to_edit
from orders.wording import field_label, show_value

ATTEMPTS = 4


@dataclass(slots=True)
class Wish:
    """What an editor saw and what they want, as plain values (orders.selectors.snapshot)."""

    base: dict[str, Any]
    yours: dict[str, Any]
    version: int
    choices: dict[str, str] = field(default_factory=dict)
    rank: Collection[str] = ()


class Overtaken(Exception):
    """A colleague changed what this editor was changing."""

    def __init__(self, order: Order, differences: list[Difference], wish: Wish) -> None:
        self.order = order
        self.differences = differences
        self.wish = wish
        super().__init__("overtaken")

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The comparison as the page shows it. A query where the company's own fields differ."""
        own: Definitions = {}
        if any(custom_code(d.name) for d in self.differences):
            own = definitions_by_code(Kind.ORDER)
        return [_row(d, self.order.currency, own) for d in self.differences]

    def hidden(self) -> dict[str, str]:
        """What the comparison's form carries on: the base is now what the colleague made."""
        theirs = {d.name: d.theirs for d in self.differences}
        base = {**self.wish.base, **theirs}
        yours = {**base, **{d.name: d.yours for d in self.differences}}
        return {
            "base": json.dumps(base, ensure_ascii=False),
            "yours": json.dumps(yours, ensure_ascii=False),
            "rank": json.dumps(list(self.wish.rank)),
            "version": str(self.order.version),
        }


def save_wish(
    order: Order,
    wish: Wish,
    *,
    actor: Actor,
    now: datetime,
    ask: bool = False,
    reason: str = "",
) -> Order | EditRequest:
    """Edit the order, or ask the warehouse for it. Raises Overtaken with the comparison.

    A colleague's change of something else (a note, a tag, a payment) is no hindrance.
    """
    version = wish.version
    with_lines = any(":" in name for name in [*wish.base, *wish.yours])
    names = {**wish.base, **wish.yours}
    fields = [name for name in names if name in FIELDS or custom_code(name)]
    for attempt in range(ATTEMPTS):
        present = Order.objects.get(id=order.pk)
        theirs = read_snapshot(present, fields, with_lines=with_lines)
        differences = compare(base=wish.base, theirs=theirs, yours=wish.yours)
        if present.version != wish.version and is_overtaken(differences):
            raise Overtaken(present, differences, wish)
        merged = merge(differences, theirs=theirs, choices=wish.choices)
        try:
            edit = to_edit(merged, present=theirs, order=wish.rank)
        except (ValueError, ArithmeticError, KeyError, TypeError):
            raise InvalidOrder("invalid", field="") from None
        version = present.version
        try:
            if ask:
                return request_edit(
                    order_id=order.pk,
                    edit=edit,
                    reason=reason,
                    actor=actor,
                    now=now,
                    expected_version=version,
                )
            return edit_order(
                order_id=order.pk, edit=edit, actor=actor, now=now, expected_version=version
            )
        except StaleOrder:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def read_wish(data: Mapping[str, str], yours: dict[str, Any], rank: Collection[str] = ()) -> Wish:
    """Read what the form carried along: the values as they were shown, and their version."""
    return Wish(
        base=_load(data.get("base", ""), dict),
        yours=yours,
        version=read_whole(data.get("version", "")) or 0,
        rank=rank,
    )


def read_choice(data: Mapping[str, str]) -> Wish:
    """Read the answer to a comparison: each difference, theirs or yours."""
    base = _load(data.get("base", ""), dict)
    yours = _load(data.get("yours", ""), dict)
    for name in yours:
        if data.get(f"choice-{name}") == THEIRS:
            yours[name] = base.get(name)
    return Wish(
        base=base,
        yours=yours,
        version=read_whole(data.get("version", "")) or 0,
        rank=_load(data.get("rank", ""), list),
    )


def _load(text: str, kind: type) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return kind()
    return value if isinstance(value, kind) else kind()


def _row(difference: Difference, currency: str, own: Definitions) -> dict[str, Any]:
    name = difference.name
    is_line = name.startswith((LINE, NEW_LINE))
    definition = own.get(custom_code(name))
    states = [value for value in (difference.was, difference.theirs, difference.yours) if value]
    is_swapped = is_line and len({(line.get("name"), line.get("sku")) for line in states}) > 1

    def show(value: Any) -> str:
        if is_line:
            return _line_words(value, currency, with_goods=is_swapped)
        if definition is not None:
            return _own_words(definition, value)
        return show_value(name, value, currency=currency)

    label = definition.name if definition is not None else field_label(name)
    return {
        "name": name,
        "label": _line_label(difference) if is_line else label,
        "was": show(difference.was),
        "theirs": show(difference.theirs),
        "yours": show(difference.yours),
        "is_conflict": difference.is_conflict,
        "is_theirs": difference.suggested != YOURS,
        "only_yours": not difference.is_overtaken,
    }


def _own_words(definition: FieldDefinition, value: Any) -> str:
    try:
        return show_custom(definition, value) or "—"
    except (ValueError, ArithmeticError, TypeError):
        return str(value)  # the page was not ours: the action will refuse it


def _line_label(difference: Difference) -> str:
    known = difference.theirs or difference.yours or difference.was or {}
    return str(known.get("name") or known.get("sku") or field_label("lines"))


def _line_words(line: dict[str, Any] | None, currency: str, *, with_goods: bool) -> str:
    """A line as it stands, with its goods where a side asks for others."""
    if not line:
        return "—"
    words = f"{line['quantity']} × {show_value('paid', line['price'], currency=currency)}"
    if line["discount"] not in {"", "0.00"}:
        words += f" − {show_value('paid', line['discount'], currency=currency)}"
    goods = " ".join(filter(None, (line.get("name"), line.get("sku")))) if with_goods else ""
    return " · ".join(filter(None, (goods, words)))
