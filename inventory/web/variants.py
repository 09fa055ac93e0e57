"""Rows of a product's variants, each turned into a form and back."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.responses import toast
from inventory.actions.catalogue import (
    CatalogueError,
    add_variants,
    edit_variant,
)
from inventory.models import Product, Variant
from inventory.selectors.catalogue import (
    VariantRow,
    describe_variants,
    list_warehouses,
)
from inventory.web.forms import VariantForm, attach_to
from inventory.web.mistakes import as_new, compare, put_error
from inventory.web.present import may
from inventory.web.products import get_product

P = Permission


@requires(P.PRODUCTS_VIEW)
@require_GET
def variant_row(request: CompanyRequest, variant_id: int) -> HttpResponse:
    """The row of a variant as it stands (after Cancel)."""
    return _show_variant(request, _get_variant(variant_id))


@requires(P.PRODUCTS_EDIT)
@require_http_methods(["GET", "POST"])
def variant_edit(request: CompanyRequest, variant_id: int) -> HttpResponse:
    """The row of a variant turned into a form and back."""
    variant = _get_variant(variant_id)
    costs = may(request)["costs"]
    codes = list(variant.barcodes.order_by("id").values_list("code", flat=True))
    if request.method == "GET":
        return _show_variant_form(request, VariantForm.of(variant, codes, costs=costs), variant)
    form = VariantForm.of(variant, codes, costs=costs, data=request.POST)
    if not form.is_valid():
        return _show_variant_form(request, form, variant, status=422)
    try:
        edit_variant(
            variant_id=variant_id,
            changes=form.changes(),
            seen=form.seen_values(),
            actor=request.actor,
            now=timezone.now(),
        )
    except CatalogueError as error:
        status = put_error(error, form)
        return _show_variant_form(request, form, variant, status=status, stale=compare(error, form))
    response = _show_variant(request, _get_variant(variant_id))
    return toast(response, _("%(sku)s saved") % {"sku": form.cleaned_data["sku"]})


@requires(P.PRODUCTS_EDIT)
@require_http_methods(["GET", "POST"])
def variant_add(request: CompanyRequest, product_id: int) -> HttpResponse:
    """A new row at the end of the table of variants."""
    shown = get_product(product_id)
    costs = may(request)["costs"]
    if request.method == "GET" and request.GET.get("cancel"):
        return HttpResponse()
    if request.method == "GET":
        form = VariantForm(costs=costs, prefix="new")
        return _show_variant_form(request, form, None, product=shown)
    form = VariantForm(request.POST, costs=costs, prefix="new")
    if not form.is_valid():
        return _show_variant_form(request, form, None, product=shown, status=422)
    currency = request.company.currency
    try:
        (made,) = add_variants(
            product_id=product_id,
            variants=[as_new(form, currency)],
            actor=request.actor,
            now=timezone.now(),
        )
    except CatalogueError as error:
        status = put_error(error, form)
        return _show_variant_form(request, form, None, product=shown, status=status)
    response = _show_variant(request, _get_variant(made.pk))
    return toast(response, _("%(sku)s saved") % {"sku": made.sku})


def _show_variant(request: CompanyRequest, variant: Variant) -> HttpResponse:
    warehouses = list_warehouses()
    (row,) = describe_variants([variant], warehouses)
    context: dict[str, Any] = {"row": row, "warehouses": warehouses, "may": may(request)}
    return render(request, "inventory/_variant_row.html", context)


def _show_variant_form(
    request: CompanyRequest,
    form: VariantForm,
    variant: Variant | None,
    *,
    product: Product | None = None,
    status: int = 200,
    stale: list[dict[str, Any]] | None = None,
) -> HttpResponse:
    form_id = f"variant-form-{variant.pk if variant else 'new'}"
    attach_to(form, form_id)
    warehouses = list_warehouses()
    context = {
        "form": form,
        "form_id": form_id,
        "variant": variant,
        "product": product,
        "row": describe_variants([variant], warehouses)[0]
        if variant
        else VariantRow(Variant(), items=[None] * len(warehouses)),
        "warehouses": warehouses,
        "stale": stale,
        "may": may(request),
    }
    return render(request, "inventory/_variant_form.html", context, status=status)


def _get_variant(variant_id: int) -> Variant:
    variant = Variant.objects.select_related("product").filter(pk=variant_id).first()
    if variant is None:
        raise Http404
    return variant
