"""The saved view that a list of orders stands in: which, what was changed of it, what is gone."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from crm.accounts.models import Membership
from crm.fields.filters import own_names
from crm.shell.links import company_url
from crm.views.models import SavedView
from crm.views.selectors import Kept, list_roles, may_change, read_kept
from orders.selectors.directory import Directory
from orders.selectors.views import find_gone
from orders.web.columns import DENSITIES, Column, Own, column_of, offer_columns, read_columns
from orders.web.filters import PARAMS, read_id

PLACE = "orders"
WHOLE = "all"  # ?view=all: the whole list, where a member's list begins with a view
_KEPT = (*PARAMS, "sort")


def clean_query(query: QueryDict) -> str:
    """What a view keeps of an address: its filters and its order, always spelt the same way."""
    kept = QueryDict(mutable=True)
    for name in (*_KEPT, *sorted(own_names(query))):
        values = [value for value in query.getlist(name) if value]
        if values:
            kept.setlist(name, sorted(values))
    return kept.urlencode()


def view_url(view: SavedView) -> str:
    """The address of a view: its name for the list, and its filters for everything else."""
    query = f"&{view.query}" if view.query else ""
    return f"{company_url('orders:list')}?view={view.pk}{query}"


@dataclass(slots=True)
class ViewsBar:
    """What the head of the list shows of views and columns."""

    kept: Kept
    view: SavedView | None
    may_change: bool
    query: str
    gone: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    density: str = ""
    own: Own = field(default_factory=dict)

    @property
    def is_changed(self) -> bool:
        """The filters are other than those that the view keeps."""
        return self.view is not None and self.query != self.view.query

    @property
    def links(self) -> list[tuple[SavedView, str, bool]]:
        here = self.view.pk if self.view else 0
        return [(view, view_url(view), view.pk == here) for view in self.kept.views]

    @property
    def whole_url(self) -> str:
        return f"{company_url('orders:list')}?view={WHOLE}"

    @property
    def heads(self) -> list[Column]:
        found = (column_of(key, self.own) for key in self.columns)
        return [column for column in found if column is not None]

    @property
    def offered(self) -> list[tuple[Column, bool]]:
        return offer_columns(self.columns, self.own)

    @property
    def may_arrange(self) -> bool:
        """The columns are the member's to change: their own, or those of a view of theirs."""
        return self.view is None or self.may_change

    @property
    def roles(self) -> list[tuple[str, str]]:
        return list_roles()

    @property
    def gone_words(self) -> str:
        """What the view asks for that is no longer there, in words."""
        labels = {
            "status": _("status"),
            "channel": _("channel"),
            "manager": _("manager"),
            "field": _("field"),
        }
        return ", ".join(labels[name] for name in self.gone)


def read_bar(request: HttpRequest, *, directory: Directory, me: Membership) -> ViewsBar:
    """Three queries, the last for the company's own fields."""
    kept = read_kept(me, PLACE)
    view = kept.find(read_id(request.GET.get("view")))
    columns = (view.columns if view else []) or kept.choice.columns
    density = (view.density if view else "") or kept.choice.density
    return ViewsBar(
        kept=kept,
        view=view,
        may_change=view is not None and may_change(me, view),
        query=clean_query(request.GET),
        gone=find_gone(request.GET, directory) if view else [],
        columns=read_columns(columns, directory.own),
        density=density if density in DENSITIES else DENSITIES[0],
        own=directory.own,
    )


def place_to_go(request: HttpRequest, bar: ViewsBar) -> str:
    """Where a bare address leads: to the member's first view, or to a view's own filters."""
    if request.GET.keys() - {"view"}:
        return ""
    if bar.view is not None:
        return view_url(bar.view) if bar.view.query else ""
    first = bar.kept.find(bar.kept.choice.default_id or 0)
    if first is not None and "view" not in request.GET:
        return view_url(first)
    return ""


def present(bar: ViewsBar) -> dict[str, Any]:
    return {"bar": bar, "columns": bar.heads, "density": bar.density}
