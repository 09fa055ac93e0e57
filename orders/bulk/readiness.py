"""What many orders lack for a move: as orders.guards says it of one, in a few queries for all.

Only for the preview: the move itself asks the guards again, order by order, under the lock.
"""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import F

from orders.guards import RULES, may_follow, missing_by_rules, missing_for
from orders.models import EditRequest, Order, OrderTag, Parcel, PickItem, PickList, PickListState
from orders.models import Status as OrderStatus
from orders.pipeline import Stage

# Rules of a company that look beyond the order: answered here for all at once.
_BEYOND = ("has_tracking_number", "has_tags")
# Of a stage's own guards only these do.
_READ_MORE = (Stage.PACKED, Stage.SHIPPED)


def find_missing(orders: Sequence[Order], target: OrderStatus) -> dict[int, list[str]]:
    """Return what each order lacks to enter the status; those that may go are left out.

    At most six queries, however many orders. An order that the company's rules keep from there
    lacks "move": no word of theirs mends that.
    """
    sources = OrderStatus.objects.in_bulk()
    stage = Stage(target.stage)
    more = _for_stage(orders, stage) if stage in _READ_MORE else {}
    beyond = _beyond([o.pk for o in orders], target)
    found: dict[int, list[str]] = {}
    for order in orders:
        source = sources[order.status_id]
        if source.pk == target.pk:
            continue
        missing: list[str] = []
        if source.stage != stage:
            missing = list(more.get(order.pk, ())) if more else []
            if stage not in _READ_MORE:
                missing = missing_for(order, stage)
        if not may_follow(source, target):
            found[order.pk] = ["move"]
            continue
        missing += _by_rules(order, target, beyond)
        if missing:
            found[order.pk] = list(dict.fromkeys(missing))
    return found


def _by_rules(order: Order, target: OrderStatus, beyond: dict[str, set[int]]) -> list[str]:
    if not target.required:
        return []
    plain = OrderStatus(required=[code for code in target.required if code not in _BEYOND])
    missing = missing_by_rules(order, plain)
    return missing + [code for code, having in beyond.items() if order.pk not in having]


def _beyond(ids: Sequence[int], target: OrderStatus) -> dict[str, set[int]]:
    """For each such rule of the status, the orders that keep it."""
    having: dict[str, set[int]] = {}
    wanted = [code for code in _BEYOND if code in target.required and code in RULES]
    if "has_tracking_number" in wanted:
        parcels = Parcel.objects.filter(order_id__any_of=ids).exclude(tracking_number="")
        having["has_tracking_number"] = set(parcels.values_list("order_id", flat=True))
    if "has_tags" in wanted:
        tags = OrderTag.objects.filter(order_id__any_of=ids)
        having["has_tags"] = set(tags.values_list("order_id", flat=True))
    return having


def _for_stage(orders: Sequence[Order], stage: Stage) -> dict[int, list[str]]:
    ids = [order.pk for order in orders]
    asked = set(
        EditRequest.objects.filter(order_id__any_of=ids, state="pending").values_list(
            "order_id", flat=True
        )
    )
    missing = _for_shipped(ids, asked) if stage == Stage.SHIPPED else _for_packed(ids, asked)
    for order in orders:
        if order.is_short:
            missing.setdefault(order.pk, []).append("stock")
    return missing


def _for_shipped(ids: Sequence[int], asked: set[int]) -> dict[int, list[str]]:
    packed = set(Parcel.objects.filter(order_id__any_of=ids).values_list("order_id", flat=True))
    missing = {pk: ["parcel"] for pk in ids if pk not in packed}
    for pk in asked:
        missing.setdefault(pk, []).append("edit_request")
    return missing


def _for_packed(ids: Sequence[int], asked: set[int]) -> dict[int, list[str]]:
    """As guards._for_packed: the live list decides; without one, a list that was done."""
    states: dict[int, dict[str, int]] = defaultdict(dict)
    lists = PickList.objects.filter(order_id__any_of=ids).values_list("order_id", "state", "id")
    for order_id, state, list_id in lists.order_by("-id"):
        states[order_id][state] = list_id
    unpicked = set(
        PickItem.objects.filter(pick_list__order_id__any_of=ids, picked__lt=F("quantity"))
        .values_list("pick_list_id", flat=True)
        .distinct()
    )
    found: dict[int, list[str]] = {}
    for pk in ids:
        of = states.get(pk, {})
        live = of.get(PickListState.OPEN) or of.get(PickListState.SHORT)
        missing = []
        if live is None:
            missing = [] if PickListState.DONE in of else ["lines"]
        else:
            if PickListState.OPEN not in of:
                missing.append("question")
            if live in unpicked:
                missing.append("lines")
            if pk in asked:
                missing.append("edit_request")
        if missing:
            found[pk] = missing
    return found
