"""Settings: the warehouses of the company."""

from typing import Any

from django.db.models import Count, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.responses import render_page, toast
from inventory.actions.warehouses import WarehouseError, create_warehouse, edit_warehouse
from inventory.models import StockItem, Warehouse
from inventory.selectors.catalogue import list_warehouses
from inventory.web.forms import WarehouseForm
from inventory.web.words import say_warehouse_error

P = Permission


@requires(P.SETTINGS_MANAGE)
@require_GET
def warehouses(request: CompanyRequest) -> HttpResponse:
    """The list of warehouses. Two queries."""
    return render_page(
        request,
        "inventory/warehouses.html",
        {"rows": _rows()},
        fragment="inventory/_warehouses.html",
    )


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def warehouse_new(request: CompanyRequest) -> HttpResponse:
    """Open a warehouse: a row of the list as a form."""
    if request.method == "GET" and request.GET.get("cancel"):
        return HttpResponse()
    if request.method == "GET":
        form = WarehouseForm(initial={"priority": 10})
        return render(request, "inventory/_warehouse_form.html", {"form": form})
    form = WarehouseForm(request.POST)
    if not form.is_valid():
        return render(request, "inventory/_warehouse_form.html", {"form": form}, status=422)
    try:
        made = create_warehouse(
            **form.cleaned_data,
            actor=request.actor,
            now=timezone.now(),
        )
    except WarehouseError as error:
        return _refuse(request, form, error, None)
    return _back_to_list(request, _("%(name)s is open") % {"name": made.name})


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def warehouse_edit(request: CompanyRequest, warehouse_id: int) -> HttpResponse:
    """Rename a warehouse, or change its place in the queue."""
    shown = Warehouse.objects.filter(pk=warehouse_id).first()
    if shown is None:
        raise Http404
    if request.method == "GET":
        context = {"form": WarehouseForm(instance=shown), "warehouse": shown}
        return render(request, "inventory/_warehouse_form.html", context)
    form = WarehouseForm(request.POST, instance=shown)
    if not form.is_valid():
        context = {"form": form, "warehouse": shown}
        return render(request, "inventory/_warehouse_form.html", context, status=422)
    try:
        edit_warehouse(
            warehouse_id=warehouse_id,
            changes=form.cleaned_data,
            actor=request.actor,
            now=timezone.now(),
        )
    except WarehouseError as error:
        return _refuse(request, form, error, shown)
    return _back_to_list(request, _("Saved"))


@requires(P.SETTINGS_MANAGE)
@require_POST
def warehouse_open(request: CompanyRequest, warehouse_id: int) -> HttpResponse:
    """Close a warehouse or open it again; the toast's Undo does the opposite."""
    is_active = request.GET.get("on") == "1"
    try:
        changed = edit_warehouse(
            warehouse_id=warehouse_id,
            changes={"is_active": is_active},
            actor=request.actor,
            now=timezone.now(),
        )
    except WarehouseError as error:
        if error.code == "not_found":
            raise Http404 from error
        response = _list(request)
        return toast(response, say_warehouse_error(error)[1], level="error")
    undo = company_url("inventory:warehouse-open", warehouse_id=warehouse_id)
    undo += "?on=0" if is_active else "?on=1"
    text = _("%(name)s is open") if is_active else _("%(name)s is closed")
    return _back_to_list(request, text % {"name": changed.name}, undo_url=undo)


# --- Parts ---------------------------------------------------------------------------------------


def _rows() -> list[dict[str, Any]]:
    sums = {
        row["warehouse_id"]: row
        for row in StockItem.objects.order_by()
        .values("warehouse_id")
        .annotate(
            units=Sum("on_hand"), held=Sum("reserved"), goods=Count("id", filter=Q(on_hand__gt=0))
        )
    }
    empty = {"units": 0, "held": 0, "goods": 0}
    return [
        {"warehouse": warehouse, **(sums.get(warehouse.pk) or empty)}
        for warehouse in list_warehouses(only_active=False)
    ]


def _list(request: HttpRequest) -> HttpResponse:
    return render(request, "inventory/_warehouses.html", {"rows": _rows()})


def _back_to_list(request: HttpRequest, text: str, undo_url: str = "") -> HttpResponse:
    response = _list(request)
    response["HX-Retarget"] = "#warehouses"
    response["HX-Reswap"] = "outerHTML"
    return toast(response, text, undo_url=undo_url)


def _refuse(
    request: HttpRequest, form: WarehouseForm, error: WarehouseError, shown: Warehouse | None
) -> HttpResponse:
    field, text = say_warehouse_error(error)
    form.add_error(field or None, text)
    context = {"form": form, "warehouse": shown}
    return render(request, "inventory/_warehouse_form.html", context, status=422)
