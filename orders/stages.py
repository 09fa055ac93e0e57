"""The stages in people's words, with the colour and icon that stand for each everywhere."""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from orders.pipeline import Stage

STAGE_LABELS: dict[Stage, str | Promise] = {
    Stage.NEW: pgettext_lazy("orders in a stage", "New"),
    Stage.AGREED: pgettext_lazy("orders in a stage", "Agreed"),
    Stage.PICKING: pgettext_lazy("orders in a stage", "Picking"),
    Stage.PACKED: pgettext_lazy("orders in a stage", "Packed"),
    Stage.SHIPPED: pgettext_lazy("orders in a stage", "Shipped"),
    Stage.DELIVERED: pgettext_lazy("orders in a stage", "Delivered"),
    Stage.CANCELLED: pgettext_lazy("orders in a stage", "Cancelled"),
    Stage.RETURNED: pgettext_lazy("orders in a stage", "Returned"),
}
STAGE_COLORS: dict[Stage, str] = {
    Stage.NEW: "blue",
    Stage.AGREED: "cyan",
    Stage.PICKING: "yellow",
    Stage.PACKED: "purple",
    Stage.SHIPPED: "indigo",
    Stage.DELIVERED: "green",
    Stage.CANCELLED: "gray",
    Stage.RETURNED: "red",
}
