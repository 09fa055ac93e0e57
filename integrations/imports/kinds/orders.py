"""Orders: rows with one number are the lines of one order.

Orders that are over (delivered, cancelled, returned) are stored as the past they are, by
`place_past_orders`; the others are placed by `place_order` as if they came from a storefront.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from crm.audit.actor import Actor
from crm.fields.models import Kind as OwnKind
from customers.models import Customer
from integrations.imports.kinds.base import (
    NEW,
    SAME,
    WRONG,
    Columns,
    Record,
    Setup,
    Verdict,
    list_staying,
)
from integrations.imports.kinds.buyers import Buyers
from integrations.imports.kinds.goods import Goods
from integrations.imports.kinds.order_fields import FIELDS
from integrations.imports.kinds.order_reading import OrderReader, Parsed
from integrations.imports.models import Import, Trace
from integrations.imports.reading.detect import fold_name
from integrations.imports.values import (
    guess_mark,
    guess_order,
)
from orders.actions.place import place_order
from orders.actions.place_past import (
    CLOSED,
    PastOrder,
    find_known,
    place_past_orders,
    remove_past_orders,
)
from orders.actions.withdraw import withdraw_order
from orders.errors import OrderError
from orders.models import Order, Status
from orders.pipeline import Stage
from orders.stages import STAGE_LABELS

_CENT = Decimal("0.01")


# What an order in such a stage comes in as. One that is on its way stays out: it is neither over
# nor to be worked on.
_COMES_AS = {
    Stage.AGREED: Stage.NEW,
    Stage.PICKING: Stage.NEW,
    Stage.PACKED: Stage.NEW,
    **{stage: stage for stage in (Stage.NEW, *CLOSED)},
}


def _own_statuses() -> dict[str, Stage]:
    """The company's statuses and the stages by their folded names, in every language. One query."""
    named: dict[str, Stage] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            named |= {fold_name(str(STAGE_LABELS[stage])): stage for stage in Stage}
    for name, names, stage in Status.objects.values_list("name", "names", "stage"):
        named |= dict.fromkeys(map(fold_name, [name, *names.values()]), Stage(stage))
    return {word: _COMES_AS[stage] for word, stage in named.items() if stage in _COMES_AS}


class OrdersKind(OrderReader):
    name = "orders"
    label = _("Orders")
    text = _(
        "Past orders with their dates, or new ones to work on. Rows with one number are lines."
    )
    icon = "shopping-bag"
    group_by = "number"
    own_kind = OwnKind.ORDER
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

    def check(self, setup: Setup, records: Sequence[Record]) -> list[Verdict]:
        return [verdict for _parsed, verdict in self._judge(setup, records)]

    def _judge(self, setup: Setup, records: Sequence[Record]) -> list[tuple[Parsed, Verdict]]:
        """Understand the records and compare them with the orders that are there."""
        columns = Columns(setup)
        staged = "status" in columns or "stage" in columns
        statuses = _own_statuses() if staged else {}
        parsed = [self.parse(setup, columns, record, statuses=statuses) for record in records]
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
        stay = list_staying(orders, kept, {pk: f"№{numbers.get(pk, '')}" for pk in kept})
        return stay + Buyers(setup).undo(traces) + Goods(setup).undo(traces)
