"""The sidebar's figures: how many orders stand in each open stage."""

from django.http import HttpRequest
from django.urls import NoReverseMatch

from crm.accounts.permissions import Permission
from crm.shell.links import company_url
from crm.shell.sidebar import SidebarCount, SidebarLink
from orders.pipeline import Stage
from orders.selectors.counts import count_by_stage
from orders.stages import STAGE_COLORS, STAGE_LABELS


def count_for_sidebar(request: HttpRequest) -> list[SidebarCount | SidebarLink]:
    """One query. New orders are loud: somebody waits for an answer."""
    if not request.membership.can(Permission.ORDERS_VIEW):  # type: ignore[attr-defined]
        return []
    try:
        table = company_url("orders:list")
    except NoReverseMatch:  # like the places of the sidebar: shown where its page exists
        return []
    counts = count_by_stage(request.membership)  # type: ignore[attr-defined]
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
    return [SidebarCount("orders", new, loud=new > 0), *links]
