"""Orders: rows with one number are the lines of one order.

Orders that are over (delivered, cancelled, returned) are stored as the past they are, by
`place_past_orders`; the others are placed by `place_order` as if they came from a storefront.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.audit.actor import Actor
from customers.models import Customer
from customers.phones import normalise_phone
from integrations.imports.kinds.base import (
    NEW,
    SAME,
    WRONG,
    Columns,
    Kind,
    Record,
    Row,
    Setup,
    Verdict,
)
from integrations.imports.kinds.buyers import Buyers
from integrations.imports.kinds.goods import Goods, is_service
from integrations.imports.kinds.order_fields import FIELDS, STAGE_WORDS
from integrations.imports.models import Import, Trace
from integrations.imports.reading.detect import fold_name
from integrations.imports.values import (
    BadValue,
    guess_mark,
    guess_order,
    read_decimal,
    read_moment,
    read_whole,
)
from orders.actions.place import place_order
from orders.actions.place_past import (
    CLOSED,
    MAX_LINES,
    MAX_QUANTITY,
    PastOrder,
    find_known,
    place_past_orders,
    remove_past_orders,
)
from orders.actions.withdraw import withdraw_order
from orders.currencies import CURRENCIES
from orders.errors import OrderError
from orders.inputs import BuyerInput, DeliveryInput, LineInput, OrderInput
from orders.models import Channel, Order
from orders.pipeline import Stage

_CENT = Decimal("0.01")


@dataclass(slots=True)
class Parsed:
    """An order of the file, understood; with problems it is not brought in."""

    label: str
    data: OrderInput | None = None
    stage: Stage = Stage.DELIVERED
    code: str = ""
    reversal: bool = False
    problems: list[list[Any]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def content_hash(self) -> str:
        """Stands for all that the file says of the order, the customer's code among it."""
        assert self.data is not None
        said = f"{self.data.content_hash()} {self.code} {self.stage}"
        return hashlib.sha256(said.encode()).hexdigest()


class OrdersKind(Kind):
    name = "orders"
    label = _("Orders")
    text = _(
        "Past orders with their dates, or new ones to work on. Rows with one number are lines."
    )
    icon = "shopping-bag"
    group_by = "number"
    fields = FIELDS
    required = (
        (("number",), _("the order number")),
        (("sku", "item"), _("the SKU or the product's name")),
        (("quantity",), _("the quantity")),
    )

    def default_options(self, run: Import) -> dict[str, Any]:
        column = {name: place for place, name in reversed(list(enumerate(run.mapping))) if name}

        def values(name: str) -> list[str]:
            place = column.get(name)
            return [row[place] for row in run.samples] if place is not None else []

        return {
            "channel": "import",
            "stage": "delivered",
            "settled": True,
            "services": True,
            "create_goods": True,
            "returns": "C"
            if any(n[:1] == "C" and n[1:].isdigit() for n in values("number"))
            else "",
            "order": guess_order(values("date")),
            "mark": guess_mark(values("price")),
        }

    # --- From rows to an order -------------------------------------------------------------------

    def parse(self, setup: Setup, columns: Columns, record: Record) -> Parsed:
        """Understand the rows of one order. Never raises for what stands in the file."""
        first = record[0]
        number = columns.get(first, "number")[:100]
        parsed = Parsed(number)
        if not number:
            parsed.problems.append([first.number, "number", "missing", ""])
            return parsed
        prefix = setup.options.get("returns") or ""
        parsed.reversal = bool(prefix) and number.upper().startswith(prefix.upper())
        lines = [
            line
            for line in (self._line(setup, columns, row, parsed) for row in record)
            if line is not None
        ]
        parsed.stage = self._stage(setup, columns, first, parsed)
        if len(record) > MAX_LINES:
            parsed.problems.append([first.number, "number", "too_many_lines", str(len(record))])
        data = self._data(setup, columns, record, parsed, lines)
        if not parsed.problems:
            parsed.data = data
        return parsed

    def _line(
        self, setup: Setup, columns: Columns, row: Row, parsed: Parsed
    ) -> tuple[LineInput, int] | None:
        """One line, and the sign of what it is worth: a return takes back."""
        mark = setup.options.get("mark", ".")
        before = len(parsed.problems)
        sku, item = columns.get(row, "sku")[:64], columns.get(row, "item")[:400]
        if not sku and not item:
            parsed.problems.append([row.number, "sku", "missing", ""])
        quantity = self._number(columns, row, "quantity", parsed, mark, whole=True)
        price = self._number(columns, row, "price", parsed, mark)
        discount = self._number(columns, row, "line_discount", parsed, mark) or Decimal(0)
        if quantity is None and len(parsed.problems) == before:
            parsed.problems.append([row.number, "quantity", "missing", ""])
        if len(parsed.problems) > before or quantity is None:
            return None
        if not 0 < abs(quantity) <= MAX_QUANTITY:
            parsed.problems.append([row.number, "quantity", "out_of_range", str(quantity)])
            return None
        sign = -1 if quantity < 0 else 1
        if price is not None:
            if price < 0:
                sign, price = -sign, -price
                parsed.notes["negative_price"] += 1
            rounded = price.quantize(_CENT)
            if rounded != price:
                parsed.notes["price_rounded"] += 1
                price = rounded
            if not price:
                parsed.notes["no_price"] += 1
        if sku and setup.options.get("services") and is_service(sku):
            parsed.notes["service"] += 1
        return (
            LineInput(
                quantity=abs(int(quantity)), sku=sku, name=item, price=price, discount=discount
            ),
            sign,
        )

    def _number(
        self,
        columns: Columns,
        row: Row,
        name: str,
        parsed: Parsed,
        mark: str,
        *,
        whole: bool = False,
    ) -> Any:
        text = columns.get(row, name)
        if not text:
            return None
        try:
            return read_whole(text, mark) if whole else read_decimal(text, mark)
        except BadValue as error:
            parsed.problems.append([row.number, name, error.code, text[:100]])
            return None

    def _stage(self, setup: Setup, columns: Columns, row: Row, parsed: Parsed) -> Stage:
        word = columns.get(row, "status")
        if word:
            folded = fold_name(word)
            stage = STAGE_WORDS.get(folded) or STAGE_WORDS.get(folded.split(" ")[0])
            if stage is None:
                parsed.problems.append([row.number, "status", "unknown_status", word[:100]])
                return Stage.DELIVERED
            return stage
        return Stage.from_word(setup.options.get("stage") or "delivered")

    def _data(
        self,
        setup: Setup,
        columns: Columns,
        record: Record,
        parsed: Parsed,
        lines: list[tuple[LineInput, int]],
    ) -> OrderInput | None:
        first = record[0]
        signs = {sign for _line, sign in lines}
        if len(signs) > 1:
            parsed.problems.append([first.number, "quantity", "sale_and_return", parsed.label])
            return None
        if signs == {-1}:
            parsed.reversal = True
        if parsed.reversal:
            parsed.stage = Stage.RETURNED
            parsed.notes["return"] += 1
        placed_at = self._date(setup, columns, record, parsed)
        currency = columns.get(first, "currency").upper() or setup.currency
        if currency not in CURRENCIES:
            parsed.problems.append([first.number, "currency", "unknown_currency", currency[:100]])
            return None
        mark = setup.options.get("mark", ".")
        parsed.code = columns.get(first, "code")[:100].removesuffix(".0")
        phone, email = columns.get(first, "phone"), columns.get(first, "email")
        if phone and not normalise_phone(phone):
            parsed.notes["bad_phone"] += 1
        if not (parsed.code or phone or email):
            parsed.notes["no_customer"] += 1
        data = OrderInput(
            channel_code=setup.options["channel"],
            external_id=parsed.label,
            external_number=parsed.label,
            lines=tuple(line for line, _sign in lines),
            buyer=BuyerInput(name=columns.get(first, "customer"), phone=phone[:60], email=email),
            delivery=DeliveryInput(
                city=columns.get(first, "city")[:120],
                branch=columns.get(first, "branch")[:200],
                street=columns.get(first, "street")[:300],
                price=self._number(columns, first, "delivery_price", parsed, mark) or Decimal(0),
            ),
            currency=currency,
            discount=self._number(columns, first, "discount", parsed, mark) or Decimal(0),
            customer_comment=columns.get(first, "comment")[:2000],
            manager_comment=columns.get(first, "note")[:2000],
            tags=tuple(dict.fromkeys(tag[:40] for tag in columns.all(first, "tags"))),
            placed_at=placed_at,
            all_or_nothing=False,
        )
        self._check_sums(data, first, parsed)
        return data

    def _check_sums(self, data: OrderInput, first: Row, parsed: Parsed) -> None:
        worth = sum(((line.price or Decimal(0)) * line.quantity for line in data.lines), Decimal(0))
        if worth >= Decimal(10) ** 10:
            parsed.problems.append([first.number, "price", "out_of_range", str(worth)])
        for name, value in (("discount", data.discount), ("delivery_price", data.delivery.price)):
            if value < 0:
                parsed.problems.append([first.number, name, "out_of_range", str(value)])
        for line in data.lines:
            if line.discount < 0 or (
                line.price is not None and line.discount > line.price * line.quantity
            ):
                parsed.problems.append(
                    [first.number, "line_discount", "out_of_range", str(line.discount)]
                )

    def _date(
        self, setup: Setup, columns: Columns, record: Record, parsed: Parsed
    ) -> datetime | None:
        """The earliest day among the rows: a long order is typed over several minutes."""
        moments = []
        for row in record:
            text = columns.get(row, "date")
            if not text:
                continue
            try:
                moments.append(read_moment(text, setup.options.get("order", "dmy"), setup.zone))
            except BadValue as error:
                parsed.problems.append([row.number, "date", error.code, text[:100]])
                return None
        if not moments:
            if parsed.stage in CLOSED and "date" in columns:
                parsed.problems.append([record[0].number, "date", "missing", ""])
            return None
        if max(moments) > setup.now:
            parsed.problems.append(
                [record[0].number, "date", "in_future", str(max(moments).date())]
            )
        return min(moments)

    # --- Check, run, undo ------------------------------------------------------------------------

    def check(self, setup: Setup, records: Sequence[Record]) -> list[Verdict]:
        return [verdict for _parsed, verdict in self._judge(setup, records)]

    def _judge(self, setup: Setup, records: Sequence[Record]) -> list[tuple[Parsed, Verdict]]:
        """Understand the records and compare them with the orders that are there."""
        columns = Columns(setup)
        parsed = [self.parse(setup, columns, record) for record in records]
        known = find_known(
            channel_code=setup.options["channel"], external_ids=[one.label for one in parsed]
        )
        # What was placed as new has its own hash: the one of the file is kept in its trace.
        told = dict(
            Trace.objects.filter(
                object_type="order",
                object_id__in=[one.order_id for one in known.values()],
                after__isnull=False,
            ).values_list("object_id", "after__hash")
        )
        judged = []
        for one, record in zip(parsed, records, strict=True):
            verdict = Verdict(NEW, one.label, one.problems, sorted(one.notes))
            earlier = known.get(one.label)
            if one.data is None:
                verdict.state = WRONG
            elif earlier is not None:
                verdict.object_id, verdict.number = earlier.order_id, earlier.number
                was = told.get(earlier.order_id) or earlier.content_hash
                if was == one.content_hash():
                    verdict.state = SAME
                else:
                    verdict.state = WRONG
                    verdict.problems = [[record[0].number, "number", "other_content", one.label]]
            judged.append((one, verdict))
        return judged

    def run(self, setup: Setup, records: Sequence[Record]) -> list[Verdict]:
        judged = self._judge(setup, records)
        verdicts = [verdict for _parsed, verdict in judged]
        fresh = [(one, verdict) for one, verdict in judged if verdict.state == NEW and one.data]
        if not fresh:
            return verdicts
        goods, buyers = Goods(setup), Buyers(setup)
        goods.prepare([one.data for one, _verdict in fresh if one.data])
        customers = buyers.find([(one.code, one.data.buyer) for one, _v in fresh if one.data])
        past: list[tuple[PastOrder, Verdict]] = []
        traces: list[Trace] = []
        for (one, verdict), customer in zip(fresh, customers, strict=True):
            if one.stage in CLOSED:
                past.append((self._past(setup, one, goods, customer), verdict))
            else:
                self._place(setup, one, goods, customer, verdict, traces)
        outcomes = place_past_orders(
            orders=[order for order, _verdict in past],
            actor=setup.actor,
            now=setup.now,
            source=setup.run.file_name,
        )
        for (_order, verdict), outcome in zip(past, outcomes, strict=True):
            verdict.object_id, verdict.number = outcome.order_id, outcome.number
            if outcome.state == "created" and outcome.order_id:
                traces.append(setup.trace("order", outcome.order_id))
            elif outcome.state != "same":
                verdict.state = WRONG
                code = outcome.error.code if outcome.error else "other_content"
                verdict.problems = [[0, "number", code, verdict.label]]
        Trace.objects.bulk_create([*goods.traces, *buyers.traces, *traces])
        return verdicts

    def _past(self, setup: Setup, one: Parsed, goods: Goods, customer: Customer) -> PastOrder:
        assert one.data is not None
        return PastOrder(
            data=goods.resolve(one.data),
            stage=one.stage,
            customer=customer,
            content_hash=one.content_hash(),
            settled=bool(setup.options.get("settled")),
            reversal=one.reversal,
        )

    def _place(
        self,
        setup: Setup,
        one: Parsed,
        goods: Goods,
        customer: Customer,
        verdict: Verdict,
        traces: list[Trace],
    ) -> None:
        """An order to be worked on goes through the door of all others."""
        assert one.data is not None
        data = replace(goods.resolve(one.data), customer_id=customer.pk)
        try:
            placed = place_order(data=data, actor=setup.actor, now=setup.now)
        except OrderError as error:
            verdict.state = WRONG
            verdict.problems = [[0, error.field or "number", error.code, verdict.label]]
            return
        verdict.object_id, verdict.number = placed.order.id, placed.order.number
        traces.append(setup.trace("order", placed.order.id, after={"hash": one.content_hash()}))

    def undo(self, setup: Setup, traces: Sequence[Trace]) -> list[tuple[Trace, str, str]]:
        orders = [trace for trace in traces if trace.object_type == "order"]
        ids = [trace.object_id for trace in orders]
        open_ids = set(
            Order.objects.filter(id__in=ids, transitions__isnull=False).values_list("id", flat=True)
        )
        kept = remove_past_orders(
            order_ids=[pk for pk in ids if pk not in open_ids], actor=setup.actor, now=setup.now
        )
        for pk in sorted(open_ids):
            reason = withdraw_order(
                order_id=pk,
                actor=Actor.system(setup.actor.label),
                now=setup.now,
                comment=setup.run.file_name,
            )
            if reason:
                kept[pk] = reason
        numbers = dict(Order.objects.filter(id__in=kept).values_list("id", "number"))
        stay = [(t, f"№{numbers.get(t.object_id, '')}", kept[t.object_id]) for t in orders
                if t.object_id in kept]  # fmt: skip
        return stay + Buyers(setup).undo(traces) + Goods(setup).undo(traces)


def list_channels() -> list[Channel]:
    """The channels that orders may be brought in under."""
    return list(Channel.objects.filter(is_active=True).order_by("name"))
