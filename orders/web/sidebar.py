"""The sidebar's figures: how many orders stand in each open stage, and in each saved view."""

from django.http import QueryDict
from django.urls import NoReverseMatch
from django.utils import timezone

from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.sidebar import SidebarCount, SidebarLink
from crm.views.selectors import read_kept
from orders.pipeline import Stage
from orders.selectors.counts import count_by_stage
from orders.selectors.directory import read_directory
from orders.selectors.views import COUNT_CAP, count_views, find_gone
from orders.stages import STAGE_COLORS, STAGE_LABELS
from orders.web.filters import read_filters
from orders.web.views_bar import PLACE, view_url

SHOWN = 15  # views in the sidebar; the rest are in the menu of the list


def count_for_sidebar(request: CompanyRequest) -> list[SidebarCount | SidebarLink]:
    """One query, and those of the views. New orders are loud: somebody waits for an answer."""
    if not request.membership.can(Permission.ORDERS_VIEW):
        return []
    try:
        table = company_url("orders:list")
    except NoReverseMatch:  # like the places of the sidebar: shown where its page exists
        return []
    counts = count_by_stage(request.membership)
    links = [
        SidebarLink(
            "orders",
            str(STAGE_LABELS[stage]),
            f"{table}?stage={stage.word}",
            count,
            STAGE_COLORS[stage],
        )
        for stage, count in counts.items()
    ]
    new = counts[Stage.NEW]
    return [SidebarCount("orders", new, loud=new > 0), *links, *_views(request)]


def _views(request: CompanyRequest) -> list[SidebarLink]:
    """The member's views with what each finds now. Two queries; with views five more and a count,
    which is one statement for all of them."""
    me = request.membership
    views = read_kept(me, PLACE).views[:SHOWN]
    if not views:
        return []
    now = timezone.now()
    directory = read_directory()
    wanted = {
        view.pk: read_filters(
            QueryDict(view.query), directory=directory, me=me, today=timezone.localdate(now)
        )
        for view in views
    }
    counts = count_views(wanted, viewer=me, directory=directory, now=now)
    return [
        SidebarLink(
            "orders",
            view.name,
            view_url(view),
            min(counts[view.pk], COUNT_CAP) if view.pk in counts else None,
            "red" if find_gone(QueryDict(view.query), directory) else "pink",
            over=counts.get(view.pk, 0) > COUNT_CAP,
        )
        for view in views
    ]
