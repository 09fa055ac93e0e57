"""What of a list can be exported and how many rows that is; and the start of the job."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.exports.registry import Asker, Page, Table, get_page, tables_of
from crm.exports.web.forms import ExportForm
from crm.jobs.actions import JobRefused, start_job
from crm.jobs.limits import FILE_FOR
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page


@dataclass(frozen=True, slots=True)
class Offer:
    """A table as it is offered: its form, and how many rows the list finds."""

    table: Table
    form: ExportForm
    count: int

    @property
    def count_text(self) -> str:
        return self.table.counted(self.count)


@requires(Permission.DATA_EXPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: CompanyRequest, page: str) -> HttpResponse:
    """The tables of a list, with what its filters in the address find; a POST exports one.

    Two queries for each table besides those of its filter.
    """
    place = get_page(page)
    if place is None:
        raise Http404
    tables = tables_of(place, request.membership)
    if not tables:
        raise Http404
    if request.method == "POST":
        chosen = next((t for t in tables if t.name == request.POST.get("table")), None)
        if chosen is None:
            raise Http404
        return _start(request, place, tables, chosen)
    return _show(request, place, tables)


def _show(
    request: CompanyRequest,
    place: Page,
    tables: list[Table],
    *,
    sent: ExportForm | None = None,
    status: int = 200,
) -> HttpResponse:
    asker = Asker(request.membership, timezone.now())
    query = _query(request)
    offers = []
    for table in tables:
        asked = any(name.startswith(f"{table.name}-") for name in request.GET)
        form = ExportForm(table, request.GET if asked else None)
        if sent is not None and sent.prefix == table.name:
            form = sent
        days = form.days if form.is_valid() else {}
        count = table.find({"query": query, **days}, asker).count()
        offers.append(Offer(table, form, count))
    context = {
        "place": place,
        "offers": offers,
        "query": query,
        "list_url": f"{company_url(place.url_name)}?{query}".rstrip("?"),
        "file_days": FILE_FOR.days,
    }
    return render_page(
        request, "exports/export.html", context, panel="exports/_panel.html", status=status
    )


def _start(request: CompanyRequest, place: Page, tables: list[Table], table: Table) -> HttpResponse:
    form = ExportForm(table, request.POST)
    if not form.is_valid():
        return _show(request, place, tables, sent=form, status=422)
    me, now = request.membership, timezone.now()
    selection: dict[str, Any] = {"query": _query(request), **form.days}
    asker = Asker(me, now)
    columns = None
    if table.shown is not None and form.cleaned_data.get("columns") == "shown":
        columns = list(table.shown(selection, asker))
    try:
        job = start_job(
            kind=table.kind,
            params={
                "selection": selection,
                "format": form.cleaned_data.get("format") or "csv",
                "columns": columns,
            },
            member=me,
            now=now,
            expected=table.find(selection, asker).count(),
        )
    except JobRefused:
        flash(request, _("There is nothing here to export."), level="warning")
        return redirect_for(request, f"{company_url(place.url_name)}?{selection['query']}")
    return redirect_for(request, company_url("jobs:job", job_id=job.pk))


def _query(request: CompanyRequest) -> str:
    """The list's own address, without what is this page's."""
    query = request.GET.copy()
    names = [name for name in query if name == "panel" or "-" in name]
    for name in names:
        del query[name]
    return query.urlencode()
