"""The tags in use."""

from typing import NamedTuple

from django.db.models import Count, OuterRef, Subquery

from orders.models import Order, OrderTag, Tag
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


class ColoredTag(str):
    """A tag's name that knows its colour; empty where the company gave none."""

    color: str

    def __new__(cls, name: str, color: str | None = "") -> "ColoredTag":
        made = super().__new__(cls, name)
        made.color = color or ""
        return made


def tag_color() -> Subquery:
    """The colour of a tag, for a query of OrderTag: a look into the company's few coloured tags."""
    return Subquery(Tag.objects.filter(name=OuterRef("name")).values("color")[:1])


class TagRow(NamedTuple):
    """A tag of the company: its colour, and how many orders carry it."""

    name: str
    color: str
    orders: int


def list_tags() -> list[TagRow]:
    """Return all tags for the settings, the most used first. Two queries."""
    counts = dict(OrderTag.objects.values_list("name").annotate(n=Count("id")).order_by())
    colors = dict(Tag.objects.values_list("name", "color"))
    rows = [
        TagRow(name, colors.get(name, "gray"), counts.get(name, 0))
        for name in counts.keys() | colors.keys()
    ]
    return sorted(rows, key=lambda row: (-row.orders, row.name))
