"""Papers of many orders, each on its own sheet: the browser prints them."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.audit.reads import note_reads
from crm.fields.filters import own_code
from orders.bulk.selection import Selection
from orders.selectors.papers import read_papers
from orders.web import filters as f

MAX_PAPERS = 300
PAPERS = ("order", "picking")


@requires(Permission.ORDERS_VIEW)
@require_GET
def print_orders(request: CompanyRequest) -> HttpResponse:
    """Order papers or picking slips of chosen orders: `ids`, or `all=1` with a list's filters."""
    kind = request.GET.get("paper", PAPERS[0])
    if kind not in PAPERS:
        raise Http404
    me: Membership = request.membership
    data = request.GET.copy()
    if data.get("all") == "1":
        kept = data.copy()
        for name in list(kept):
            if name not in f.PARAMS and name != "sort" and not own_code(name):
                del kept[name]
        data["query"] = kept.urlencode()
    found = Selection.read(data).find(viewer=me, now=timezone.now())
    ids = list(found.values_list("id", flat=True)[: MAX_PAPERS + 1])
    note_reads(request, "order", ids[:MAX_PAPERS])
    context = {
        "papers": read_papers(ids[:MAX_PAPERS]),
        "kind": kind,
        "more": len(ids) > MAX_PAPERS,
        "limit": MAX_PAPERS,
        "now": timezone.now(),
    }
    return render(request, "orders/print.html", context)
