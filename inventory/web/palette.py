"""What Ctrl-K finds of this app, and the count beside Stock in the sidebar."""

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.formats import number_text
from crm.shell.links import company_url
from crm.shell.palette import (
    PaletteAction,
    PaletteItem,
    register_palette_action,
    register_palette_provider,
)
from crm.shell.sidebar import SidebarCount, SidebarLink, register_sidebar_counts
from inventory.selectors import find_variants
from inventory.selectors.stock import count_waiting_variants


def find_goods(query: str, request: HttpRequest) -> list[PaletteItem]:
    """Products by SKU, barcode or name."""
    return [
        PaletteItem(
            title=variant.title,
            url=company_url("inventory:product", product_id=variant.product_id),
            subtitle=_("%(sku)s · %(n)s available")
            % {"sku": variant.sku, "n": number_text(variant.available)},  # type: ignore[attr-defined]
            icon="package",
            panel=True,
            exact=variant.sku.casefold() == query.strip().casefold(),
        )
        for variant in find_variants(query, 6, only_active=False)
    ]


def count_stock(request: CompanyRequest) -> list[SidebarCount | SidebarLink]:
    """How many goods somebody waits for."""
    if not request.membership.can(Permission.STOCK_VIEW):
        return []
    return [SidebarCount("stock", count_waiting_variants())]


def register() -> None:
    """Called once from config/wiring.py."""
    register_palette_provider(
        "products", Permission.PRODUCTS_VIEW, find_goods, label=gettext_lazy("Products")
    )
    for action in (
        PaletteAction(
            gettext_lazy("New product"), "inventory:product-new", Permission.PRODUCTS_EDIT
        ),
        PaletteAction(
            gettext_lazy("Receive goods"),
            "inventory:receive",
            Permission.STOCK_RECEIVE,
            icon="package-plus",
        ),
        PaletteAction(
            gettext_lazy("Correct stock"),
            "inventory:correct",
            Permission.STOCK_CORRECT,
            icon="clipboard-check",
        ),
        PaletteAction(
            gettext_lazy("Write off"),
            "inventory:write-off",
            Permission.STOCK_CORRECT,
            icon="package-x",
        ),
    ):
        register_palette_action(action)
    register_sidebar_counts(count_stock)
