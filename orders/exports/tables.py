"""Which tables of this app can be exported; connected once at start."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.accounts.permissions import Permission
from crm.exports.jobs import offer_table
from crm.exports.registry import Asker, Page, Selection, Table, add_columns, register_page
from crm.fields.exports import own_columns
from crm.fields.models import Kind
from crm.views.selectors import read_kept
from orders.bulk.selection import Selection as Orders
from orders.exports import lines, payments
from orders.exports.rows import COLUMNS, ExportRow, read_rows
from orders.models import Order
from orders.selectors.directory import read_directory
from orders.web.columns import read_columns
from orders.web.filters import read_id
from orders.web.views_bar import PLACE

PAGE = "orders"
# What stands in the columns of the table, by the names of columns of the file.
SHOWN: dict[str, tuple[str, ...]] = {
    "number": ("number",),
    "placed": ("placed_at",),
    "status": ("status",),
    "customer": ("customer",),
    "phone": ("recipient_phone",),
    "goods": ("goods",),
    "delivery": ("delivery_method", "delivery_city", "delivery_branch", "delivery_street"),
    "ship": ("ship_date",),
    "manager": ("manager",),
    "total": ("total", "currency"),
    "flags": ("tags",),
    "channel": ("channel",),
    "carrier": ("delivery_method",),
    "payment": ("payment_method", "paid"),
    "due": ("due",),
    "waited": ("status_since",),
    "tags": ("tags",),
    "units": ("units",),
    "external": ("external_number",),
    "manager_name": ("manager",),
}


def connect() -> None:
    """Register the page and its tables, in the order in which they are offered."""
    register_page(Page(PAGE, _("Orders"), "orders:list"))
    offer_table(
        Table(
            name="orders",
            page=PAGE,
            label=_("Orders"),
            help=_("A row for each order."),
            permission=Permission.ORDERS_VIEW,
            find=find_orders,
            read=_read_orders,
            columns=COLUMNS,
            count=_orders,
            job_label=_("Export orders"),
            person=lambda row: ("order", row.order.pk),
            shown=shown_columns,
        )
    )
    offer_table(
        Table(
            name="order_lines",
            page=PAGE,
            label=_("Lines of orders"),
            help=_("A row for each product of an order. This file can be imported again."),
            permission=Permission.ORDERS_VIEW,
            find=find_orders,
            read=lines.read_lines,
            columns=lines.COLUMNS,
            count=_orders,
            job_label=_("Export lines of orders"),
            person=lambda row: ("order", row.whole.order.pk),
        )
    )
    offer_table(
        Table(
            name="payments",
            page=PAGE,
            label=_("Payments"),
            help=_("What was paid for these orders, and what went back."),
            permission=Permission.ORDERS_VIEW,
            find=payments.find_payments,
            read=payments.read_payments,
            columns=payments.COLUMNS,
            count=lambda n: ngettext("%(count)s payment", "%(count)s payments", n),
            job_label=_("Export payments"),
            person=lambda row: ("order", row.payment.order_id),
            by_days=True,
        )
    )
    add_columns("orders", own_columns(Kind.ORDER, lambda row: row.order.custom))
    add_columns("order_lines", own_columns(Kind.ORDER, lines.own_values))


def find_orders(selection: Selection, asker: Asker) -> QuerySet[Order]:
    """What the list finds, or the orders that were ticked in it."""
    return Orders.from_json(selection).find(viewer=asker.member, now=asker.now)


def shown_columns(selection: Selection, asker: Asker) -> list[str]:
    """The columns of the view that the list stands in, else of the member's own list."""
    kept = read_kept(asker.member, PLACE)
    view = kept.find(read_id(QueryDict(selection.get("query") or "").get("view")))
    own = read_directory().own
    keys = read_columns((view.columns if view else []) or kept.choice.columns, own)
    # A column that is nowhere in SHOWN is one that another part of the product added.
    return list(dict.fromkeys(name for key in keys for name in SHOWN.get(key, (key,))))


def _read_orders(_selection: Selection, ids: Sequence[int], _asker: Asker) -> list[ExportRow]:
    return read_rows(ids)


def _orders(count: int) -> str:
    return ngettext("%(count)s order", "%(count)s orders", count)
