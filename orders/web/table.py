"""The table of orders."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.fields.filters import filter_inputs
from crm.fields.web.inputs import bulk_inputs
from crm.shell.formats import number_text
from crm.shell.links import company_url
from crm.shell.responses import render_page, wants_fragment
from orders.models import CancelReason, DeliveryMethod, PaymentMethod
from orders.pipeline import OPEN, Stage
from orders.selectors.counts import CAP, count_by_stage, has_any_order, list_tag_names
from orders.selectors.directory import Directory, read_directory
from orders.selectors.filters import OrderFilters, look_up
from orders.selectors.lists import Page, count_orders, list_orders
from orders.stages import STAGE_COLORS, STAGE_LABELS
from orders.web import filters as f
from orders.web.bulk import running_job
from orders.web.markup import Markup, width_classes
from orders.web.views_bar import place_to_go, present, read_bar

CUSTOMER_PAGE = 20
# Where many orders can be sent at once; the rest asks for something of each.
BULK_STAGES = (
    Stage.NEW, Stage.AGREED, Stage.PICKING, Stage.PACKED, Stage.SHIPPED, Stage.DELIVERED
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tab:
    label: Any
    url: str
    current: bool
    count: str = ""
    color: str = ""


@dataclass(frozen=True, slots=True)
class Quick:
    """A filter of one press."""

    name: str
    label: Any
    icon: str
    url: str
    on: bool


@requires(Permission.ORDERS_VIEW)
@require_GET
def table(request: CompanyRequest) -> HttpResponse:
    """The table. At most eighteen queries of its own however many orders; searching adds six."""
    now = timezone.now()
    directory = read_directory()
    me: Membership = request.membership
    bar = read_bar(request, directory=directory, me=me)
    if elsewhere := place_to_go(request, bar):
        return HttpResponseRedirect(elsewhere)
    filters = f.read_filters(request.GET, directory=directory, me=me, today=timezone.localdate(now))
    filters = look_up(filters, viewer=me)
    page = list_orders(
        filters,
        viewer=me,
        directory=directory,
        now=now,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    pressed = quick(request)
    may = permissions(me)
    draw = Markup(may, bar.columns, directory.own).row
    count = _count(filters, page, directory, now, me)
    context = {
        "filters": filters,
        "page": page,
        "rows": [draw(row) for row in page.rows],
        "widths": width_classes(page.rows),
        **present(bar),
        "total": _say_total(count),
        "count": count,
        "count_over": count > CAP,
        "job": running_job(me) if may["bulk"] and not wants_fragment(request) else None,
        "tabs": _tabs(request, me),
        "chips": f.make_chips(request, filters, directory=directory, me=me, told=told(pressed)),
        "quick": pressed,
        "choices": choices(request, filters, directory),
        "clear_url": f.clear_address(request.GET),
        "hidden": f.carried(request.GET),
        "kept": kept(request),
        "connect_url": connect_url(me),
        "any": bool(page.rows) or has_any_order(me),
        "may": may,
        "bulk_stages": BULK_STAGES,
        "reasons": CancelReason.objects.filter(is_active=True).order_by("position", "id"),
    }
    return render_page(request, "orders/table.html", context, fragment="orders/_table_screen.html")


def permissions(me: Membership) -> dict[str, bool]:
    """What the lists offer this member."""
    return {
        "create": me.can(Permission.ORDERS_CREATE),
        "move": me.can(Permission.ORDERS_MOVE),
        "cancel": me.can(Permission.ORDERS_CANCEL),
        "assign": me.can(Permission.ORDERS_ASSIGN),
        "edit": me.can(Permission.ORDERS_EDIT),
        "export": me.can(Permission.DATA_EXPORT),
        "import": me.can(Permission.DATA_IMPORT),
        "set_up": me.can(Permission.SETTINGS_MANAGE),
        "sample": me.can(Permission.ORDERS_CREATE) or me.can(Permission.CONNECTIONS_MANAGE),
        "bulk": any(
            me.can(permission)
            for permission in (
                Permission.ORDERS_MOVE,
                Permission.ORDERS_ASSIGN,
                Permission.ORDERS_EDIT,
                Permission.DATA_EXPORT,
            )
        ),
    }


def kept(request: HttpRequest) -> list[tuple[str, str]]:
    """What the form of filters carries along."""
    names = ("stage", "q", "sort")
    return [(name, value) for name in names for value in request.GET.getlist(name) if value]


def connect_url(me: Membership) -> str:
    """Where a store is connected, for those who may."""
    if not me.can(Permission.CONNECTIONS_MANAGE):
        return ""
    try:
        return company_url("integrations:connections")
    except NoReverseMatch:
        return ""


def choices(request: CompanyRequest, filters: OrderFilters, directory: Directory) -> dict[str, Any]:
    """What the menu of filters offers. Two queries, for the tags and the company's own fields."""
    query = request.GET
    me: Membership = request.membership
    return {
        "statuses": [s for s in directory.statuses.values() if s.is_active],
        "channels": [c for c in directory.channels.values() if c.is_active],
        "managers": directory.managers,
        "deliveries": DeliveryMethod.choices,
        "payment_methods": PaymentMethod.choices,
        "payments": list(f.PAYMENT_LABELS.items()),
        "troubles": list(f.TROUBLE_LABELS.items()),
        "tags": list_tag_names(viewer=me),
        "placed": list(f.PLACED_LABELS.items()),
        "ship": list(f.SHIP_LABELS.items()),
        "own": filter_inputs(query, directory.own.values()),
        "own_inputs": bulk_inputs(directory.own.values()),
        "chosen": {name: query.getlist(name) for name in f.PARAMS},
    }


def _tabs(request: HttpRequest, me: Membership) -> list[Tab]:
    """All, the open stages with their counts, and what is closed."""
    counts = count_by_stage(me)
    chosen = request.GET.getlist("stage")
    tabs = [Tab(_("All"), f.address(request.GET, stage=None, status=None), not chosen)]
    tabs += [
        Tab(
            STAGE_LABELS[stage],
            f.address(request.GET, stage=stage.word, status=None),
            chosen == [stage.word],
            say_count(counts[stage]),
            STAGE_COLORS[stage],
        )
        for stage in OPEN
    ]
    return tabs + [
        Tab(
            STAGE_LABELS[stage],
            f.address(request.GET, stage=stage.word, status=None),
            chosen == [stage.word],
            color=STAGE_COLORS[stage],
        )
        for stage in Stage
        if stage not in OPEN
    ]


def say_count(count: int) -> str:
    return f"{number_text(CAP)}+" if count > CAP else number_text(count)


def quick(request: HttpRequest) -> list[Quick]:
    """The filters of one press."""
    pressed = [
        (_("Mine"), "user-round", "manager", "me"),
        (_("Nobody’s"), "user-round-x", "manager", "nobody"),
        (pgettext("orders", "Late"), "alarm-clock", "late", "1"),
        (_("To ship today"), "calendar-check", "ship", "today"),
        (_("Waits for stock"), "package-x", "trouble", "short"),
        (_("Has problems"), "triangle-alert", "trouble", "problems"),
    ]
    return [
        Quick(name, label, icon, *f.toggled(request.GET, name, value))
        for label, icon, name, value in pressed
    ]


def told(pressed: list[Quick]) -> set[str]:
    """The names of filters that a quick one already shows as on."""
    return {item.name for item in pressed if item.on}


def _count(
    filters: OrderFilters, page: Page, directory: Directory, now: Any, me: Membership
) -> int:
    """How many orders match, up to CAP + 1; counted only where the page does not show them all."""
    if page.newer or page.older:
        return count_orders(filters, viewer=me, directory=directory, now=now)
    return len(page.rows)


def _say_total(count: int) -> str:
    if count > CAP:
        return _("more than %(count)s orders") % {"count": number_text(CAP)}
    return ngettext("%(count)s order", "%(count)s orders", count) % {"count": number_text(count)}


@requires(Permission.ORDERS_VIEW)
@require_GET
def customer_orders(request: CompanyRequest, customer_id: int) -> HttpResponse:
    """A customer's orders, for the customer's card. Eight queries."""
    page = list_orders(
        OrderFilters(customer=customer_id),
        viewer=request.membership,
        directory=read_directory(),
        now=timezone.now(),
        after=request.GET.get("after", ""),
        size=CUSTOMER_PAGE,
    )
    template = "_customer_orders_rows" if request.GET.get("after") else "_customer_orders"
    context = {"page": page, "customer_id": customer_id}
    return render(request, f"orders/{template}.html", context)
