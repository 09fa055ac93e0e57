"""What a customer has ordered so far, for the card of their present order."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, F, Q, Sum

from orders.models import Order
from orders.pipeline import Stage
from orders.selectors.visible import Viewer, visible_orders

LAST_ORDERS = 5


@dataclass(slots=True)
class History:
    """What this customer has ordered so far. Sums are by currency and never added up."""

    orders: int = 0
    delivered: int = 0
    cancelled: int = 0
    returned: int = 0
    sums: list[tuple[str, Decimal]] = field(default_factory=list)
    debts: list[tuple[str, Decimal]] = field(default_factory=list)
    last: list[Order] = field(default_factory=list)


def read_history(*, customer_id: int, viewer: Viewer, but: int | None = None) -> History:
    """Add up a customer's orders that the viewer may know of, leaving one out. Two queries."""
    rows = visible_orders(viewer).filter(customer_id=customer_id)
    if but is not None:
        rows = rows.exclude(id=but)
    live = Q(is_counted=True) & ~Q(stage__in=[Stage.CANCELLED, Stage.RETURNED])
    kept = F("total") - F("returned_total")
    history = History()
    by_currency = (
        rows.values("currency")
        .annotate(
            n=Count("id"),
            delivered=Count("id", filter=Q(stage=Stage.DELIVERED)),
            cancelled=Count("id", filter=Q(stage=Stage.CANCELLED)),
            returned=Count("id", filter=Q(stage=Stage.RETURNED)),
            bought=Sum(kept, filter=live, default=Decimal(0)),
            owed=Sum(kept, filter=Q(stage=Stage.DELIVERED), default=Decimal(0)),
            got=Sum("paid", filter=Q(stage=Stage.DELIVERED), default=Decimal(0)),
            given=Sum("refunded", filter=Q(stage=Stage.DELIVERED), default=Decimal(0)),
        )
        .order_by("-n", "currency")
    )
    for row in by_currency:
        history.orders += row["n"]
        history.delivered += row["delivered"]
        history.cancelled += row["cancelled"]
        history.returned += row["returned"]
        if row["bought"]:
            history.sums.append((row["currency"], row["bought"]))
        owed = row["owed"] - row["got"] + row["given"]
        if owed > 0:
            history.debts.append((row["currency"], owed))
    last = rows.select_related("status").order_by("-placed_at", "-id")
    history.last = list(last[:LAST_ORDERS])
    return history
