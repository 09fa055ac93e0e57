"""Which orders a list shows, as a value; and that value as a condition of the database.

Under row-level security only leakproof operators use an index: the conditions on status, stage,
channel, manager and dates do; those on money are checked row by row (docs/lists.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from crm.fields.filters import Wanted, wanted_condition
from crm.tenancy.models import TenantQuerySet
from orders.models import DuplicateState, Order, OrderTag, Status
from orders.pipeline import BEFORE_SHIPPED, OPEN, Stage
from orders.search import MAX_FOUND, find_orders
from orders.selectors.directory import Directory
from orders.selectors.visible import Viewer, visible_orders

PAYMENTS = ("paid", "part", "unpaid")
TROUBLES = ("problems", "short", "duplicate")
SORTS = ("-placed", "placed", "ship", "-ship", "waiting", "-waiting")
DEFAULT_SORT = "-placed"


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days of the company's time, both ends included; either may be open."""

    start: date | None = None
    end: date | None = None

    def __bool__(self) -> bool:
        return self.start is not None or self.end is not None


@dataclass(frozen=True, slots=True)
class OrderFilters:
    """Values of one field widen the list, fields narrow it. An empty field asks nothing."""

    stages: tuple[Stage, ...] = ()
    statuses: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    managers: tuple[int, ...] = ()
    nobody: bool = False
    placed: Days = Days()
    ship: Days = Days()
    no_ship_date: bool = False
    payment: str = ""
    deliveries: tuple[str, ...] = ()
    tag: str = ""
    # The company's own fields: code and what is asked (crm.fields.filters).
    own: Wanted = ()
    late: bool = False
    troubles: tuple[str, ...] = ()
    query: str = ""
    # What the query has found, where it was looked up already (see look_up).
    found: tuple[int, ...] | None = None
    customer: int | None = None
    sort: str = DEFAULT_SORT

    @property
    def is_empty(self) -> bool:
        """Tell whether the list shows everything there is."""
        return self == OrderFilters(sort=self.sort)


def look_up(filters: OrderFilters, *, viewer: Viewer) -> OrderFilters:
    """Search once for what is then listed and counted."""
    if not filters.query or filters.found is not None:
        return filters
    return replace(filters, found=tuple(find_orders(filters.query, viewer=viewer, limit=MAX_FOUND)))


def filter_orders(
    filters: OrderFilters, *, viewer: Viewer, directory: Directory, now: datetime
) -> QuerySet[Order]:
    """Return the viewer's orders that match, in no order. Only searching costs queries here.

    Sorting by the day of shipment leaves out orders that have none, sorting by the wait leaves
    out what is closed: there is nothing to sort those by.
    """
    orders = visible_orders(viewer)
    if filters.query:
        found = look_up(filters, viewer=viewer).found
        orders = orders.filter(id__any_of=found)
    if filters.customer is not None:
        orders = orders.filter(customer_id=filters.customer)
    orders = _by_place(orders, filters)
    orders = _by_days(orders, filters)
    orders = _by_state(orders, filters)
    if filters.own:
        orders = orders.filter(wanted_condition(filters.own, directory.own))
    if filters.late:
        orders = orders.filter(stage__in=OPEN).filter(late_condition(directory, now))
    if filters.sort.endswith("ship"):
        orders = orders.filter(ship_date__isnull=False)
    elif filters.sort.endswith("waiting"):
        orders = orders.filter(stage__in=OPEN)
    return orders


def late_condition(directory: Directory, now: datetime) -> Q:
    """Late is what has no first answer in time, and then what stands too long in its status."""
    late = Q(stage=Stage.NEW, responded_at__isnull=True, respond_by__lt=now)
    for status in directory.limited:
        stands = Q(status_id=status.pk, status_since__lt=_since(status, now))
        if status.stage == Stage.NEW:
            stands &= Q(responded_at__isnull=False) | Q(respond_by__isnull=True)
        late |= stands
    return late


def _since(status: Status, now: datetime) -> datetime:
    return now - timedelta(hours=status.hours_limit or 0)


def _by_place(orders: TenantQuerySet, filters: OrderFilters) -> TenantQuerySet:
    orders = _one_of(orders, "stage", filters.stages)
    orders = _one_of(orders, "status_id", filters.statuses)
    orders = _one_of(orders, "channel_id", filters.channels)
    orders = _one_of(orders, "delivery_method", filters.deliveries)
    if filters.managers or filters.nobody:
        who = Q(manager_id__in=filters.managers) if filters.managers else Q()
        if filters.nobody:
            who |= Q(manager__isnull=True)
        orders = orders.filter(who)
    return orders


def _one_of(orders: TenantQuerySet, field: str, values: Iterable[object]) -> TenantQuerySet:
    values = list(values)
    if not values:
        return orders
    # Equality keeps the index's order of rows, IN does not.
    return orders.filter(**{field: values[0]} if len(values) == 1 else {f"{field}__in": values})


def _by_days(orders: TenantQuerySet, filters: OrderFilters) -> TenantQuerySet:
    # timestamptz against timestamptz: a comparison with a date is not leakproof.
    if filters.placed.start is not None:
        orders = orders.filter(placed_at__gte=_midnight(filters.placed.start))
    if filters.placed.end is not None:
        orders = orders.filter(placed_at__lt=_midnight(filters.placed.end + timedelta(days=1)))
    if filters.ship.start is not None:
        orders = orders.filter(ship_date__gte=filters.ship.start)
    if filters.ship.end is not None:
        orders = orders.filter(ship_date__lte=filters.ship.end)
    if filters.no_ship_date:
        orders = orders.filter(ship_date__isnull=True)
    return orders


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _by_state(orders: TenantQuerySet, filters: OrderFilters) -> TenantQuerySet:
    if filters.payment:
        orders = orders.alias(net=F("paid") - F("refunded"))
        if filters.payment == "paid":
            orders = orders.filter(net__gte=F("total") - F("returned_total"))
        elif filters.payment == "unpaid":
            orders = orders.filter(net__lte=Decimal(0), total__gt=F("returned_total"))
        else:
            # As the condition of the index orders_order_part_paid says it.
            orders = orders.filter(paid__gt=F("refunded"), paid__lt=F("refunded") + F("total"))
            orders = orders.filter(net__lt=F("total") - F("returned_total"))
    if filters.tag:
        tagged = OrderTag.objects.filter(order_id=OuterRef("pk"), name=filters.tag)
        orders = orders.filter(Exists(tagged))
    if filters.troubles:
        any_of = Q()
        if "problems" in filters.troubles:
            any_of |= Q(has_problems=True)
        if "short" in filters.troubles:
            any_of |= Q(is_short=True, stage__in=list(BEFORE_SHIPPED))
        if "duplicate" in filters.troubles:
            any_of |= Q(duplicate_state=DuplicateState.SUSPECTED)
        # Nobody mends what is cancelled.
        orders = orders.filter(any_of, stage__in=[s for s in Stage if s != Stage.CANCELLED])
    return orders
