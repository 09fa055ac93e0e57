"""What a change would do to the chosen orders, before it is started: nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crm.accounts.models import Membership
from crm.jobs.kinds import Reason
from crm.jobs.limits import MAX_ROWS
from crm.shell.links import company_url
from orders.bulk.changes import REFUSED, SAME, WILL, Change
from orders.bulk.selection import Selection
from orders.models import Order

NAMED = 5  # orders of a reason that are named; the rest are counted
# What judging looks at. Texts and JSON of an order are left in the database.
_FIELDS = (
    "tenant_id", "id", "number", "prefix", "stage", "status_id", "manager_id", "total", "paid",
    "refunded", "returned_total", "payment_method", "recipient_name", "recipient_phone",
    "delivery_method",
    "delivery_city", "delivery_branch", "delivery_street", "manager_comment", "ship_date",
    "ship_from", "ship_till", "has_problems", "problems", "is_short", "duplicate_state",
    "responded_at",
)  # fmt: skip


@dataclass(slots=True)
class Preview:
    """How many orders will be changed, are so already, and can't be, by reason."""

    total: int
    will: int = 0
    final: int = 0  # of those: can't be taken back
    same: int = 0
    refused: list[Reason] = field(default_factory=list)

    @property
    def too_many(self) -> bool:
        return self.total > MAX_ROWS

    @property
    def refused_count(self) -> int:
        return sum(reason.count for reason in self.refused)


def make_preview(
    change: Change, selection: Selection, *, viewer: Membership, now: datetime
) -> Preview:
    """Judge every chosen order. A constant number of queries; ten thousand orders take a second."""
    found = selection.find(viewer=viewer, now=now).only(*_FIELDS, *change.also_reads)
    orders: Sequence[Order] = list(found[: MAX_ROWS + 1])
    preview = Preview(total=len(orders))
    if preview.too_many or not orders:
        return preview
    verdicts = change.judge(orders)
    reasons: dict[str, list[Order]] = {}
    for order in orders:
        verdict = verdicts[order.pk]
        if verdict.what == WILL:
            preview.will += 1
            preview.final += verdict.final
        elif verdict.what == SAME:
            preview.same += 1
        elif verdict.what == REFUSED:
            reasons.setdefault(verdict.text, []).append(order)
    preview.refused = [
        Reason(text, len(those), [name_order(order) for order in those[:NAMED]])
        for text, those in sorted(reasons.items(), key=lambda item: -len(item[1]))
    ]
    return preview


def name_order(order: Order) -> tuple[str, str]:
    """An order's label and address."""
    return str(order), company_url("orders:detail", number=order.number)
