"""Which tables of this app can be exported; connected once at start."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.accounts.permissions import Permission
from crm.exports.jobs import offer_table
from crm.exports.registry import Page, Table, add_columns, register_page
from crm.fields.exports import own_columns
from crm.fields.models import Kind
from inventory.exports import movements, products, stock


def connect() -> None:
    """Register the pages and their tables, in the order in which they are offered."""
    register_page(Page("products", _("Products"), "inventory:products"))
    offer_table(
        Table(
            name="products",
            page="products",
            label=_("Products with variants"),
            help=_("A row for each variant. This file can be imported again."),
            permission=Permission.PRODUCTS_VIEW,
            find=products.find_products,
            read=products.read_products,
            columns=products.COLUMNS,
            count=lambda n: ngettext("%(count)s product", "%(count)s products", n),
            job_label=_("Export products"),
        )
    )
    add_columns("products", own_columns(Kind.PRODUCT, lambda row: row.product.custom))
    register_page(Page("stock", _("Stock"), "inventory:stock"))
    offer_table(
        Table(
            name="stock",
            page="stock",
            label=_("Stock by warehouse"),
            help=_("A row for each variant in a warehouse. This file can be imported again."),
            permission=Permission.STOCK_VIEW,
            find=stock.find_stock,
            read=stock.read_stock,
            columns=stock.COLUMNS,
            count=lambda n: ngettext("%(count)s variant", "%(count)s variants", n),
            job_label=_("Export stock"),
        )
    )
    offer_table(
        Table(
            name="movements",
            page="stock",
            label=_("Stock movements"),
            help=_("What came, went and was held, of the goods that the list finds."),
            permission=Permission.STOCK_VIEW,
            find=movements.find_movements,
            read=movements.read_movements,
            columns=movements.COLUMNS,
            count=lambda n: ngettext("%(count)s movement", "%(count)s movements", n),
            job_label=_("Export stock movements"),
            by_days=True,
        )
    )
