"""The tags in use."""

from orders.models import Order, OrderTag
from orders.selectors.visible import Viewer, visible_condition

KNOWN = 40
_RECENT = 2000


def list_known_tags(viewer: Viewer) -> list[str]:
    """Return the tags of the viewer's newest tagged orders, the most used first. One query."""
    tags = OrderTag.objects.all()
    condition = visible_condition(viewer)
    if condition is not None:
        tags = tags.filter(order_id__in=Order.objects.filter(condition).values("id"))
    counts: dict[str, int] = {}
    for name in tags.order_by("-id").values_list("name", flat=True)[:_RECENT]:
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))[:KNOWN]
