"""Pages of the stock: the table, one item with its proof and ledger, the quick correction."""

from typing import Any
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.numbers import read_whole
from crm.shell.paging import take_page
from crm.shell.responses import render_page, toast
from inventory.actions.stock import CountedLine, StockError, correct_stock, move_cell
from inventory.models import StockItem, Variant
from inventory.selectors import find_variants, prove_item
from inventory.selectors.catalogue import list_warehouses, waiting_units
from inventory.selectors.stock import (
    ORDERS,
    StockFilter,
    add_balances,
    count_waiting_variants,
    describe_stock,
    get_item,
    list_movements,
    list_stock,
)
from inventory.web.forms import CountForm
from inventory.web.present import may, order_url, picture_url, present_movements
from inventory.web.words import say_stock_error

P = Permission
COUNTED = 10_000
LEDGER_PAGE = 40


def asked_stock(params: QueryDict) -> StockFilter:
    place = params.get("warehouse", "")
    sort = params.get("sort", "")
    return StockFilter(
        query=params.get("q", "").strip()[:100],
        warehouse_id=read_whole(place),
        state=params.get("state", ""),
        sort=sort if sort in ORDERS else "",
    )


@requires(P.STOCK_VIEW)
@require_GET
def stock(request: CompanyRequest) -> HttpResponse:
    """The table of stock, of all warehouses together or of one. Six queries."""
    wanted = asked_stock(request.GET)
    warehouses = list_warehouses(only_active=False)
    shown = [w for w in warehouses if w.is_active or w.pk == wanted.warehouse_id]
    chosen = [w for w in warehouses if w.pk == wanted.warehouse_id]
    if wanted.warehouse_id and not chosen:
        raise Http404
    found = list_stock(wanted)
    page = take_page(found, ORDERS[wanted.sort], request.GET)
    context = {
        "wanted": wanted,
        "page": page,
        "rows": [
            {"row": row, "picture": picture_url(row.variant.product.picture)}
            for row in describe_stock(page.rows, chosen or shown)
        ],
        "count": found[: COUNTED + 1].count(),
        "counted": COUNTED,
        "warehouse": chosen[0] if chosen else None,
        "places": shown if not chosen and len(shown) > 1 else [],
        "tabs": _tabs(request, shown, wanted),
        "chips": [
            ("in", _("In stock")),
            ("out", _("Out of stock")),
            ("held", _("Held")),
            ("waiting", _("Waited for")),
        ],
        "waiting_count": count_waiting_variants(),
        "any": bool(page.rows) or Variant.objects.exists(),
        "may": may(request),
    }
    return render_page(
        request, "inventory/stock.html", context, fragment="inventory/_stock_answer.html"
    )


@requires(P.STOCK_VIEW)
@require_GET
def item(request: CompanyRequest, item_id: int) -> HttpResponse:
    """One item: its figures, their proof and its ledger."""
    context = _item_context(request, _get_item(item_id), _fresh_form(item_id))
    return render_page(
        request,
        "inventory/item.html",
        context,
        fragment="inventory/_item.html",
        panel="inventory/_item_panel.html",
    )


@requires(P.STOCK_CORRECT)
@require_POST
def item_count(request: CompanyRequest, item_id: int) -> HttpResponse:
    """The quick correction: what lies on the shelf of one item."""
    shown = _get_item(item_id)
    form = CountForm(request.POST)
    if not form.is_valid():
        return _show_item(request, shown, form, status=422)
    line = CountedLine(
        shown.variant_id, counted=form.cleaned_data["counted"], seen=form.cleaned_data["seen"]
    )
    try:
        document = correct_stock(
            warehouse_id=shown.warehouse_id,
            lines=[line],
            comment=form.cleaned_data["comment"],
            token=form.cleaned_data["token"],
            actor=request.actor,
            now=timezone.now(),
        )
    except StockError as error:
        form.add_error("counted", say_stock_error(error))
        if error.code == "stock_moved":
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["seen"] = str(error.facts["on_hand"])  # type: ignore[index]
        return _show_item(request, _get_item(item_id), form, status=422)
    response = _show_item(request, _get_item(item_id), _fresh_form(item_id))
    if document is None:
        return toast(response, _("The books agree with the shelf: nothing to change"), level="info")
    undo = company_url("inventory:document-undo", document_id=document.pk)
    return toast(response, _("%(sku)s corrected") % {"sku": shown.variant.sku}, undo_url=undo)


@requires(P.STOCK_CORRECT)
@require_POST
def item_cell(request: CompanyRequest, item_id: int) -> HttpResponse:
    """Name the item's cell."""
    before = _get_item(item_id).cell
    cell = request.POST.get("cell") or request.GET.get("cell", "")
    changed = move_cell(
        stock_item_id=item_id,
        cell=cell,
        actor=request.actor,
        now=timezone.now(),
    )
    shown = _get_item(item_id)
    response = _show_item(request, shown, _fresh_form(item_id))
    if before == changed.cell:
        return response
    query = QueryDict(mutable=True)
    query["cell"] = before
    undo = f"{company_url('inventory:item-cell', item_id=item_id)}?{query.urlencode()}"
    where = changed.cell or _("no cell")
    return toast(
        response,
        _("%(sku)s lies in: %(cell)s") % {"sku": shown.variant.sku, "cell": where},
        undo_url=undo,
    )


@requires(P.PRODUCTS_VIEW)
@require_GET
def lookup(request: CompanyRequest) -> HttpResponse:
    """Goods for a line of a document: found by SKU, barcode or name as it is typed."""
    query = request.GET.get("q", "")
    place = request.GET.get("warehouse", "")
    found = find_variants(query, 8, only_active=False)
    items: dict[int, StockItem] = {}
    if read_whole(place) is not None:
        here = StockItem.objects.filter(variant_id__in=[v.pk for v in found], warehouse_id=place)
        items = {row.variant_id: row for row in here}
    rows = []
    for variant in found:
        row = items.get(variant.pk)
        rows.append(
            {
                "variant": variant,
                "picture": picture_url(variant.product.picture),
                "on_hand": row.on_hand if row else 0,
                "available": row.available if row else 0,
                "exact": _is_exact(variant, query.strip()),
            }
        )
    context = {"rows": rows, "query": query.strip(), "may": may(request)}
    return render(request, "inventory/_lookup.html", context)


# --- Parts ---------------------------------------------------------------------------------------


def _is_exact(variant: Variant, query: str) -> bool:
    return variant.sku == query or variant.barcodes.filter(code=query).exists()


def _tabs(request: HttpRequest, warehouses: list[Any], wanted: StockFilter) -> list[dict[str, Any]]:
    if len(warehouses) < 2:
        return []
    tabs = [{"label": _("All warehouses"), "value": None, "current": not wanted.warehouse_id}]
    for warehouse in warehouses:
        tabs.append(
            {
                "label": warehouse.name,
                "value": warehouse.pk,
                "current": warehouse.pk == wanted.warehouse_id,
            }
        )
    return tabs


def _fresh_form(item_id: int) -> CountForm:
    return CountForm(initial={"token": uuid4().hex})


def _get_item(item_id: int) -> StockItem:
    found = get_item(item_id=item_id)
    if found is None:
        raise Http404
    return found


def _item_context(request: CompanyRequest, shown: StockItem, form: CountForm) -> dict[str, Any]:
    rights = may(request)
    page = take_page(
        list_movements(stock_item_id=shown.pk), ("-id",), request.GET, size=LEDGER_PAGE
    )
    add_balances(shown, page.rows)
    me = request.membership
    proof = prove_item(shown, viewer=me)
    if not form.is_bound:
        form.initial["seen"] = shown.on_hand
    query = request.GET.copy() if request.method == "GET" else QueryDict(mutable=True)
    query.pop("panel", None)
    siblings = StockItem.objects.filter(variant_id=shown.variant_id).select_related("warehouse")
    return {
        "item": shown,
        "variant": shown.variant,
        "picture": picture_url(shown.variant.product.picture),
        "proof": proof,
        "holders": [
            {"holder": holder, "url": order_url(holder.number) if rights["orders"] else ""}
            for holder in proof.holders
        ],
        "waiting": waiting_units([shown.variant_id]).get(shown.variant_id, 0),
        "siblings": siblings.order_by("warehouse__priority", "warehouse_id"),
        "live_url": f"{company_url('inventory:item', item_id=shown.pk)}?{query.urlencode()}",
        "page": page,
        "moves": present_movements(page.rows, viewer=me),
        "form": form,
        "may": rights,
    }


def _show_item(
    request: CompanyRequest, shown: StockItem, form: CountForm, *, status: int = 200
) -> HttpResponse:
    context = _item_context(request, shown, form)
    return render(request, "inventory/_item.html", context, status=status)
