"""The table of customers."""

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_GET

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.fields.filters import read_bar, read_wanted
from crm.fields.models import Kind
from crm.fields.selectors import fields_in_use
from crm.shell.paging import take_page
from crm.shell.responses import render_page
from customers.ports import has_orders
from customers.selectors import (
    MAX_FOUND,
    CustomerFilter,
    describe_customers,
    list_customers,
    list_tags,
)
from customers.visible import visible_customers
from customers.web.present import may

SORTS = {"": ("-created_at", "-id"), "name": ("sort_name", "id"), "-name": ("-sort_name", "-id")}
COUNTED = 10_000


def asked_customers(params: QueryDict) -> CustomerFilter:
    """Read the filter out of the address; words it does not know mean "all". One query."""
    fields = fields_in_use(Kind.CUSTOMER)
    orders = params.get("orders", "")
    return CustomerFilter(
        query=params.get("q", "").strip()[:100],
        tag=params.get("tag", "")[:40],
        blocked=params.get("blocked") == "1",
        orders=orders if orders in {"with", "without"} else "",
        own=read_wanted(params, fields),
        fields=fields,
    )


@requires(Permission.CUSTOMERS_VIEW)
@require_GET
def customers(request: CompanyRequest) -> HttpResponse:
    """The table of customers. The query count is the same for any page."""
    wanted = asked_customers(request.GET)
    sort = request.GET.get("sort", "")
    me: Membership = request.membership
    found = list_customers(wanted, viewer=me)
    page = take_page(found, SORTS.get(sort, SORTS[""]), request.GET)
    context = {
        "wanted": wanted,
        "sort": sort,
        "bar": read_bar(request.GET, wanted.fields),
        "page": page,
        "rows": describe_customers(page.rows, viewer=me),
        "count": found[: COUNTED + 1].count(),
        "counted": COUNTED,
        "max_found": MAX_FOUND,
        "tags": list_tags(viewer=me),
        "knows_orders": has_orders() is not None,
        "any": bool(page.rows) or visible_customers(me).exists(),
        "may": may(request),
    }
    return render_page(request, "customers/list.html", context, fragment="customers/_table.html")
