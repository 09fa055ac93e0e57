"""What the rights of members can be limited to: channels, warehouses and stages."""

from django.utils.translation import gettext_lazy as _

from crm.accounts.scope_choices import register_scope_limit
from inventory.models import Warehouse
from orders.models import Channel
from orders.pipeline import Stage
from orders.stages import STAGE_LABELS


def register() -> None:
    """Called once at start."""
    register_scope_limit("channels", _("Only these sales channels"), _channels)
    register_scope_limit("warehouses", _("Only goods from these warehouses"), _warehouses)
    register_scope_limit("stages", _("Only these stages"), _stages)


def _channels() -> list[tuple[int, str]]:
    return list(Channel.objects.order_by("name").values_list("pk", "name"))


def _warehouses() -> list[tuple[int, str]]:
    return list(Warehouse.objects.order_by("priority", "pk").values_list("pk", "name"))


def _stages() -> list[tuple[int, str]]:
    return [(int(stage), str(STAGE_LABELS[stage])) for stage in Stage]
