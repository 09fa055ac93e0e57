"""What the order form offers while somebody types: customers and goods."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from inventory.selectors import find_variants
from orders.scan import spellings
from orders.selectors.buyers import find_buyers
from orders.web.forms import money_input

MIN_QUERY = 2
MAX_GOODS = 10


@requires(Permission.CUSTOMERS_VIEW)
@require_GET
def customers(request: CompanyRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    me = request.membership
    buyers = find_buyers(query, viewer=me) if len(query) >= MIN_QUERY else []
    return render(
        request,
        "orders/_buyer_options.html",
        {
            "buyers": buyers,
            "query": query,
            "sees_phones": me.can(Permission.PHONES_VIEW),
        },
    )


@requires(Permission.ORDERS_VIEW)
@require_GET
def goods(request: CompanyRequest) -> HttpResponse:
    """Goods by SKU, barcode or name; an exact code is marked, so that a scan needs no choice."""
    query = request.GET.get("q", "").strip()
    found = []
    for spelling in spellings(query):
        found = find_variants(spelling, MAX_GOODS) if spelling else []
        if found:
            query = spelling
            break
    codes = {query.casefold()}
    rows = [
        {
            "variant": variant,
            "price": money_input(variant.price),
            "exact": variant.sku.casefold() in codes
            or (len(found) == 1 and any(b.code == query for b in variant.barcodes.all())),
        }
        for variant in found
    ]
    # What is not in the catalogue can be sold too: offered last, but for an exact code.
    exact = any(row["exact"] for row in rows)
    may_add = request.membership.can(Permission.PRODUCTS_EDIT)
    context = {"rows": rows, "query": query, "exact": exact, "may_add": may_add}
    return render(request, "orders/_goods_options.html", context)
