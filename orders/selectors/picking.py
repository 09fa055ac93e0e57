"""The warehouse's work: lists to pick, one list as a checklist, what waits for a decision."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from inventory.models import Barcode
from orders.models import (
    LIVE_LISTS,
    EditRequest,
    EditRequestState,
    PickItem,
    PickList,
    PickListState,
)
from orders.selectors.visible import Viewer, visible_lists, visible_requests

MAX_LISTS = 300


@dataclass(slots=True)
class ListRow:
    """A pick list as a line: what a picker may know of an order, and no more."""

    pick_list: PickList
    lines: int = 0
    units: int = 0
    picked: int = 0

    @property
    def number(self) -> int:
        return self.pick_list.order.number

    @property
    def label(self) -> str:
        return self.pick_list.order.label

    @property
    def is_ready(self) -> bool:
        return self.picked == self.units


@dataclass(slots=True)
class ItemRow:
    """One thing to take: where it lies, what it is, how many."""

    item: PickItem
    picture: str = ""
    codes: list[str] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.item.quantity - self.item.picked

    @property
    def is_done(self) -> bool:
        return not self.left


def list_live_lists(*, viewer: Viewer) -> list[ListRow]:
    """Return the viewer's lists in work, in the order of their ship days. Two queries."""
    lists = list(
        visible_lists(viewer)
        .filter(state__in=LIVE_LISTS)
        .select_related("order", "picker")
        .order_by("order__ship_date", "id")[:MAX_LISTS]
    )
    rows = {pick_list.pk: ListRow(pick_list) for pick_list in lists}
    items = PickItem.objects.filter(pick_list_id__in=rows)
    for list_id, quantity, picked in items.values_list("pick_list_id", "quantity", "picked"):
        row = rows[list_id]
        row.lines += 1
        row.units += quantity
        row.picked += picked
    return list(rows.values())


def get_live_list(*, number: int, viewer: Viewer) -> PickList | None:
    """Return the list of an order that is worked on, else its last finished one. One query."""
    return (
        visible_lists(viewer)
        .select_related("order__status", "picker")
        .filter(order__number=number)
        .exclude(state=PickListState.CANCELLED)
        .order_by("-id")
        .first()
    )


def list_items(pick_list: PickList) -> list[ItemRow]:
    """Return what is to take, by cell, so that nobody walks twice. Two queries."""
    items = list(pick_list.items.select_related("line__variant__product"))
    items.sort(key=lambda item: (item.cell == "", item.cell, item.position))
    codes: dict[int, list[str]] = defaultdict(list)
    variants = {item.line.variant_id for item in items if item.line.variant_id}
    pairs = Barcode.objects.filter(variant_id__in=variants).values_list("variant_id", "code")
    for variant_id, code in pairs:
        codes[variant_id].append(code)
    return [
        ItemRow(
            item=item,
            picture=item.line.variant.product.picture if item.line.variant else "",
            codes=[item.line.sku, *codes[item.line.variant_id or 0]],
        )
        for item in items
    ]


def find_scanned(rows: Sequence[ItemRow], spellings: Sequence[str]) -> ItemRow | None:
    """Return the row that a scanned code means: one that still lacks units before a full one."""
    wanted = {spelling.casefold() for spelling in spellings if spelling}
    fitting = [row for row in rows if wanted & {code.casefold() for code in row.codes if code}]
    return next((row for row in fitting if row.left), next(iter(fitting), None))


def list_pickers() -> list[Membership]:
    """Return who may be given a list. One query."""
    members = Membership.objects.filter(is_active=True).order_by("display_name", "id")
    return [member for member in members if member.can(Permission.PICKING_WORK)]


def list_edit_requests(*, viewer: Viewer) -> list[EditRequest]:
    """Return the changes of the viewer's orders that wait, the oldest first. One query."""
    rows = visible_requests(viewer).filter(state=EditRequestState.PENDING)
    return list(rows.select_related("order", "requested_by").order_by("id")[:100])


def count_picked_since(*, picker_id: int, since: datetime) -> int:
    """Return how many lists the picker has finished since a moment. One query."""
    return PickList.objects.filter(
        picker_id=picker_id, state=PickListState.DONE, finished_at__gte=since
    ).count()
