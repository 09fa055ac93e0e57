"""What the lists of orders give the shell; called once at start."""

from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.shell.live.presence import register_presence
from crm.shell.palette import PaletteAction, register_palette_action, register_palette_provider
from crm.shell.sidebar import register_sidebar_counts
from orders.bulk import jobs as bulk
from orders.exports import tables
from orders.selectors.visible import visible_orders
from orders.web import palette, scope_limits, sidebar


def connect() -> None:
    """Register the sidebar's counts, what the palette finds and the bulk jobs."""
    bulk.connect()
    tables.connect()
    register_sidebar_counts(sidebar.count_for_sidebar)
    register_presence("order", _may_look)
    scope_limits.register()
    register_palette_provider("orders", Permission.ORDERS_VIEW, palette.find, label=_("Orders"))
    register_palette_action(
        PaletteAction(
            _("New order"), "orders:new", Permission.ORDERS_CREATE, shortcut="n", words="create add"
        )
    )


def _may_look(membership: Membership, order_id: int) -> bool:
    """Who may know which colleagues have an order open: who may open it."""
    if not membership.can(Permission.ORDERS_VIEW):
        return False
    return visible_orders(membership).filter(pk=order_id).exists()
