"""Orders that are over when they come: a company's past, brought in by an import.

Built on the draft that `place_order` is built on, a batch in a transaction instead of an order.
Such an order is a record of what happened elsewhere. It moves no stock, starts no clock, is given
to nobody and told to nobody; its history begins with "order.imported". Since nothing here was
done for it, it can be taken out again as long as nobody has touched it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.audit.record import build_record
from crm.fields.actions import delete_values
from crm.fields.models import FieldValue, Kind
from crm.fields.selectors import Definitions, definitions_by_code
from crm.outbox.models import OutboxEvent
from crm.outbox.wake import wake_after_commit
from crm.tenancy.batch import draw_ids
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import take_numbers
from customers.models import Customer
from inventory.models import Demand
from orders import events
from orders.actions._common import default_status
from orders.actions._config import Intake, read_intake
from orders.actions.draft import Draft, check_limits, fill_custom, read_variants, tags_of
from orders.errors import InvalidOrder, UnknownChannel
from orders.inputs import LineInput, OrderInput
from orders.models import Order, OrderLine, OrderTag, Status
from orders.pipeline import Stage
from orders.search import index_orders

MAX_LINES = 5_000
MAX_QUANTITY = 1_000_000
CLOSED = frozenset({Stage.DELIVERED, Stage.CANCELLED, Stage.RETURNED})

# What hangs on an order that was brought in; whatever else does keeps it from being removed.
_OWN_ROWS = ("orders_search", "orders_ordertag", "orders_orderline")


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order with the stage it ended in; `data` has an external id and the day it was placed.

    `content_hash` stands for what the source said, so that a repeat is known as one. `settled`:
    it was paid, and what came back was refunded. `reversal`: no sale but a paper that takes one
    back, so it counts in no revenue.
    """

    data: OrderInput
    stage: Stage
    customer: Customer
    content_hash: str
    settled: bool = False
    reversal: bool = False


@dataclass(slots=True)
class PastOutcome:
    """What became of one: the stored order, or why there is none.

    `state` is "created", "same" (it had been brought in before), "conflict" (the channel has this
    external id with other content) or "refused", with the `error`.
    """

    state: str
    order_id: int | None = None
    number: int | None = None
    error: InvalidOrder | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """An order that the channel has already."""

    order_id: int
    number: int
    content_hash: str


def find_known(*, channel_code: str, external_ids: Collection[str]) -> dict[str, Known]:
    """Return the channel's orders of the external ids. One query."""
    rows = Order.objects.filter(channel__code=channel_code, external_id__in=external_ids)
    return {
        external_id: Known(pk, number, content_hash)
        for external_id, pk, number, content_hash in rows.values_list(
            "external_id", "id", "number", "intake_hash"
        )
    }


@transaction.atomic
def place_past_orders(
    *, orders: Sequence[PastOrder], actor: Actor, now: datetime, source: str
) -> list[PastOutcome]:
    """Store orders of one channel that are over; the outcomes stand in the orders' places.

    Some twenty statements whatever their number. `source` says in the history where they came
    from. Repeating it changes nothing. Raises UnknownChannel.
    """
    if not orders:
        return []
    batch = _Batch(orders[0].data.channel_code, actor, now)
    known = find_known(
        channel_code=batch.channel_code, external_ids=[past.data.external_id for past in orders]
    )
    outcomes: list[PastOutcome] = []
    fresh: list[tuple[PastOrder, PastOutcome]] = []
    for past in orders:
        earlier = known.get(past.data.external_id)
        if earlier is not None:
            same = earlier.content_hash == past.content_hash
            outcome = PastOutcome("same" if same else "conflict", earlier.order_id, earlier.number)
        else:
            outcome = PastOutcome("created")
            try:
                _check(past)
                fresh.append((past, outcome))
            except InvalidOrder as error:
                outcome.state, outcome.error = "refused", error
        outcomes.append(outcome)
    if fresh:
        batch.store(fresh, source)
    return outcomes


def _check(past: PastOrder) -> None:
    check_limits(past.data, max_lines=MAX_LINES, max_quantity=MAX_QUANTITY)
    if not past.data.external_id:
        raise InvalidOrder("required", field="external_id")
    if past.stage not in CLOSED:
        raise InvalidOrder("order_is_open", field="stage")


class _Batch:
    """What the orders of one call share: the channel, the statuses, the goods, the rates."""

    def __init__(self, channel_code: str, actor: Actor, now: datetime) -> None:
        self.channel_code = channel_code
        self.actor = actor
        self.now = now
        self._intakes: dict[tuple[str, date | None], Intake] = {}
        self._statuses: dict[Stage, Status] = {}

    @cached_property
    def definitions(self) -> Definitions:
        """The company's own fields. One query, where any order has one."""
        return definitions_by_code(Kind.ORDER)

    def intake(self, data: OrderInput, placed_at: datetime) -> Intake:
        base = self._read(data, None)
        currency = data.currency or base.channel_currency
        if currency == base.company_currency:
            return base
        return self._read(data, timezone.localdate(placed_at))

    def _read(self, data: OrderInput, day: date | None) -> Intake:
        key = (data.currency, day)
        if key not in self._intakes:
            intake = read_intake(
                code=self.channel_code,
                external_id="",
                currency=data.currency,
                day=day or timezone.localdate(self.now),
                today=timezone.localdate(self.now),
            )
            if intake is None:
                raise UnknownChannel(field="channel", channel=self.channel_code)
            self._intakes[key] = intake
        return self._intakes[key]

    def status(self, stage: Stage) -> Status:
        if stage not in self._statuses:
            self._statuses[stage] = default_status(stage)
        return self._statuses[stage]

    def store(self, fresh: Sequence[tuple[PastOrder, PastOutcome]], source: str) -> None:
        """Write the orders with their lines, labels, history and search text."""
        variants = read_variants(_goods_of(past.data for past, _outcome in fresh))
        count = len(fresh)
        demand_ids, order_ids, line_ids = draw_ids(
            (Demand, count),
            (Order, count),
            (OrderLine, sum(len(past.data.lines) for past, _outcome in fresh)),
        )
        tenant_id = current_tenant_id()
        made: list[tuple[Order, PastOutcome]] = []
        lines: list[OrderLine] = []
        tags: list[OrderTag] = []
        found_by: list[FieldValue] = []
        entries: list[AuditEntry] = []
        begin = 0
        for place, (past, outcome) in enumerate(fresh):
            ids = line_ids[begin : begin + len(past.data.lines)]
            begin += len(ids)
            placed_at = min(past.data.placed_at or self.now, self.now)
            draft = Draft(past.data, self.intake(past.data, placed_at), placed_at)
            own = draft.make_lines(order_ids[place], ids, variants)
            try:
                order = draft.make_order(
                    order_ids[place], demand_ids[place], past.customer, own, self.now
                )
                if past.data.custom:
                    found_by += fill_custom(order, past.data, self.definitions)
            except InvalidOrder as error:
                outcome.state, outcome.error = "refused", error
                continue
            order.intake_hash = past.content_hash
            self._close(order, own, past)
            lines += own
            tags += tags_of(order, past.data.tags)
            made.append((order, outcome))
        if not made:
            return
        # Last of all that may fail: the counter's row stays locked to the commit.
        number = take_numbers("order", len(made))
        for order, outcome in made:
            order.number = number
            outcome.order_id, outcome.number = order.id, number
            number += 1
            entry, _event = build_record(
                events.IMPORTED,
                order,
                actor=self.actor,
                now=self.now,
                details={"stage": Stage(order.stage).word, "source": source},
            )
            entries.append(entry)
        Demand.objects.bulk_create(
            [
                Demand(id=o.demand_id, tenant_id=tenant_id, number=o.number, created_at=self.now)
                for o, _outcome in made
            ]
        )
        Order.objects.bulk_create([order for order, _outcome in made])
        OrderLine.objects.bulk_create(lines)
        OrderTag.objects.bulk_create(tags)
        FieldValue.objects.bulk_create(found_by)
        AuditEntry.objects.bulk_create(entries)
        stored = [order.id for order, _outcome in made]
        index_orders(stored)
        _announce(events.PAST_IMPORTED, made[0][0].channel_id, stored, self.now)

    def _close(self, order: Order, lines: Sequence[OrderLine], past: PastOrder) -> None:
        """Put an order that was drafted as new into the stage it ended in, with nothing due."""
        order.status = self.status(past.stage)
        order.stage = order.status.stage
        order.status_since = order.placed_at
        order.respond_by = order.next_alarm_at = None
        # Nobody has to mend what is over.
        order.problems, order.has_problems = [], False
        order.is_counted = not past.reversal
        if past.stage == Stage.RETURNED:
            for line in lines:
                line.returned = line.quantity
        if past.settled and past.stage != Stage.CANCELLED:
            order.paid = order.total
            if past.stage == Stage.RETURNED:
                order.refunded = order.total


def _goods_of(inputs: Iterable[OrderInput]) -> list[LineInput]:
    """One line of each article: what the catalogue is asked for."""
    lines = (line for data in inputs for line in data.lines)
    return list({line.variant_id or line.sku: line for line in lines}.values())


@transaction.atomic
def remove_past_orders(*, order_ids: Sequence[int], actor: Actor, now: datetime) -> dict[int, str]:
    """Take orders out that were brought in and that nobody has touched since.

    Returns the ids that stay with why: "changed", or "in_use" where something hangs on them.
    What is gone already is passed over: repeating it changes nothing.
    """
    rows = list(
        Order.objects.select_for_update()
        .filter(id__in=order_ids)
        .order_by("id")
        .values_list("id", "version", "stage", "demand_id", "channel_id")
    )
    imported = set(
        AuditEntry.objects.filter(
            object_type="order", object_id__in=[row[0] for row in rows], action=events.IMPORTED
        ).values_list("object_id", flat=True)
    )
    kept = {
        pk: "changed"
        for pk, version, stage, _demand, _channel in rows
        if version != 1 or stage not in CLOSED or pk not in imported
    }
    free = [(pk, demand) for pk, _version, _stage, demand, _channel in rows if pk not in kept]
    gone = _delete(free)
    if gone is None:
        gone = []
        for pair in free:
            if _delete([pair]) is None:
                kept[pair[0]] = "in_use"
            else:
                gone.append(pair[0])
    if gone:
        AuditEntry.objects.bulk_create(
            [
                build_record(events.IMPORT_UNDONE, Order(id=pk), actor=actor, now=now)[0]
                for pk in gone
            ]
        )
        _announce(events.PAST_REMOVED, rows[0][4], gone, now)
    return kept


def _delete(pairs: Sequence[tuple[int, int]]) -> list[int] | None:
    """Delete orders with what came with them; None, and nothing done, where more hangs on one."""
    ids, demands = [pk for pk, _demand in pairs], [demand for _pk, demand in pairs]
    tenant_id = current_tenant_id()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for table in _OWN_ROWS:
                cursor.execute(
                    f"DELETE FROM {table} WHERE tenant_id = %s AND order_id = ANY(%s)",  # noqa: S608 - our own names
                    [tenant_id, ids],
                )
            delete_values(Kind.ORDER, ids)
            for table, keys in (("orders_order", ids), ("inventory_demand", demands)):
                cursor.execute(
                    f"DELETE FROM {table} WHERE tenant_id = %s AND id = ANY(%s)",  # noqa: S608 - our own names
                    [tenant_id, keys],
                )
    except IntegrityError:
        return None
    return ids


def _announce(topic: str, channel_id: int, order_ids: list[int], now: datetime) -> None:
    """One event for all of them: who keeps totals adds them up again."""
    OutboxEvent.objects.create(
        topic=topic,
        object_type="channel",
        object_id=channel_id,
        payload={"orders": order_ids},
        created_at=now,
        next_at=now,
    )
    wake_after_commit(current_tenant_id())
