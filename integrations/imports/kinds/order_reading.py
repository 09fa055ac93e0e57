"""What the rows of one order say: read as far as they can be, and what is wrong named by row."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from customers.phones import normalise_phone
from integrations.imports.kinds.base import Columns, Kind, Record, Row, Setup
from integrations.imports.kinds.goods import is_service
from integrations.imports.kinds.order_fields import STAGE_WORDS
from integrations.imports.reading.detect import fold_name
from integrations.imports.values import BadValue, read_decimal, read_moment, read_whole
from orders.actions.place_past import CLOSED, MAX_LINES, MAX_QUANTITY
from orders.currencies import CURRENCIES
from orders.inputs import BuyerInput, DeliveryInput, LineInput, OrderInput
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


class OrderReader(Kind):
    """The reading half of the kind of orders."""

    def parse(
        self,
        setup: Setup,
        columns: Columns,
        record: Record,
        *,
        statuses: Mapping[str, Stage] = MappingProxyType({}),
    ) -> Parsed:
        """Understand the rows of one order. Never raises for what stands in the file.

        `statuses` are the company's own, by their folded names.
        """
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
        parsed.stage = self._stage(setup, columns, first, parsed, statuses)
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

    def _stage(
        self,
        setup: Setup,
        columns: Columns,
        row: Row,
        parsed: Parsed,
        statuses: Mapping[str, Stage],
    ) -> Stage:
        said = [word for name in ("status", "stage") if (word := columns.get(row, name))]
        for folded in map(fold_name, said):
            stage = (
                statuses.get(folded)
                or STAGE_WORDS.get(folded)
                or STAGE_WORDS.get(folded.split(" ")[0])
            )
            if stage is not None:
                return stage
        if said:
            parsed.problems.append([row.number, "status", "unknown_status", said[0][:100]])
            return Stage.DELIVERED
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
            tags=tuple(dict.fromkeys(_tags(columns.all(first, "tags")))),
            custom=self.read_own(columns, first, parsed.problems),
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


def _tags(cells: Sequence[str]) -> Iterator[str]:
    for cell in cells:
        for tag in cell.split(";"):
            if tag.strip():
                yield tag.strip()[:40]
