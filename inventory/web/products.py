"""Pages of the catalogue."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.audit.models import AuditEntry
from crm.fields.filters import read_bar, read_wanted
from crm.fields.models import Kind
from crm.fields.selectors import facts_of, fields_in_use, list_definitions
from crm.fields.values import PREFIX, part_own, with_prefix
from crm.fields.web.inputs import CustomField, make_inputs
from crm.shell.links import company_url
from crm.shell.paging import take_page
from crm.shell.responses import flash, redirect_for, render_page, toast
from inventory.actions.catalogue import (
    CatalogueError,
    create_product,
    edit_product,
    set_on_sale,
)
from inventory.models import Product, Variant
from inventory.selectors.catalogue import (
    ProductFilter,
    describe_products,
    describe_variants,
    list_categories,
    list_products,
    list_warehouses,
)
from inventory.selectors.stock import list_recent_movements
from inventory.web.forms import ProductForm, VariantForm, rows_of
from inventory.web.mistakes import as_new, compare, put_error
from inventory.web.present import may, picture_url, present_movements

P = Permission
SORTS = {"": ("sort_key", "id"), "new": ("-id",)}
COUNTED = 10_000
MAX_PLACES = 3  # columns of warehouses that fit into the table


def asked_products(params: QueryDict) -> ProductFilter:
    """Read the filter out of the address. One query."""
    fields = fields_in_use(Kind.PRODUCT)
    return ProductFilter(
        query=params.get("q", "").strip()[:100],
        category=params.get("category", ""),
        active=params.get("sale", "on"),
        stock=params.get("stock", ""),
        own=read_wanted(params, fields),
        fields=fields,
    )


@requires(P.PRODUCTS_VIEW)
@require_GET
def products(request: CompanyRequest) -> HttpResponse:
    """The table of products. Ten queries however many rows."""
    wanted = asked_products(request.GET)
    sort = request.GET.get("sort", "")
    found = list_products(wanted)
    page = take_page(found, SORTS.get(sort, SORTS[""]), request.GET)
    warehouses = list_warehouses()
    context = {
        "wanted": wanted,
        "sort": sort,
        "bar": read_bar(request.GET, wanted.fields),
        "page": page,
        "rows": [
            {"row": row, "picture": picture_url(row.product.picture)}
            for row in describe_products(page.rows, warehouses)
        ],
        "count": found[: COUNTED + 1].count(),
        "counted": COUNTED,
        "places": warehouses if 1 < len(warehouses) <= MAX_PLACES else [],
        "categories": list_categories(),
        "chips": _chips(stock=may(request)["stock"]),
        "any": bool(page.rows) or Product.objects.exists(),
        "may": may(request),
    }
    return render_page(
        request, "inventory/products.html", context, fragment="inventory/_products_answer.html"
    )


@requires(P.PRODUCTS_VIEW)
@require_GET
def product(request: CompanyRequest, product_id: int) -> HttpResponse:
    """The page of one product, or its side panel."""
    return _show_product(request, get_product(product_id))


@requires(P.PRODUCTS_EDIT)
@require_http_methods(["GET", "POST"])
def new_product(request: CompanyRequest) -> HttpResponse:
    """Make a product with its first variants."""
    costs = may(request)["costs"]
    if request.method == "GET":
        form = ProductForm(categories=list_categories(), own=_own_inputs())
        return _show_new(request, form, [VariantForm(costs=costs, prefix="v0", row="0")])
    form = ProductForm(request.POST, categories=list_categories(), own=_own_inputs())
    rows = [
        VariantForm(request.POST, costs=costs, prefix=f"v{row}", row=row)
        for row in rows_of(request.POST)
    ]
    # Both are asked: all errors are shown at once.
    valid = [form.is_valid(), *[row.is_valid() for row in rows]]
    if not all(valid):
        return _show_new(request, form, rows, status=422)
    currency = request.company.currency
    plain, own = part_own(form.cleaned_data)
    try:
        made = create_product(
            **plain,
            custom=own,
            variants=[as_new(row, currency) for row in rows],
            actor=request.actor,
            now=timezone.now(),
        )
    except CatalogueError as error:
        status = put_error(error, form, rows)
        return _show_new(request, form, rows, status=status)
    flash(request, _("%(name)s is in the catalogue") % {"name": made.name})
    return redirect_for(request, company_url("inventory:product", product_id=made.pk))


@requires(P.PRODUCTS_EDIT)
@require_http_methods(["GET", "POST"])
def product_facts(request: CompanyRequest, product_id: int) -> HttpResponse:
    """The card of a product's facts turned into a form and back."""
    shown = get_product(product_id)
    if request.method == "GET":
        if request.GET.get("cancel"):
            return render(request, "inventory/_facts.html", _facts(request, shown))
        return _show_facts_form(request, _facts_form(shown), shown)
    form = _facts_form(shown, request.POST)
    if not form.is_valid():
        return _show_facts_form(request, form, shown, status=422)
    try:
        changed = edit_product(
            product_id=product_id,
            changes=form.changes(),
            seen=form.seen_values(),
            actor=request.actor,
            now=timezone.now(),
        )
    except CatalogueError as error:
        status = put_error(error, form)
        return _show_facts_form(request, form, shown, status=status, stale=compare(error, form))
    response = render(request, "inventory/_facts.html", _facts(request, changed))
    return toast(response, _("Saved"))


@requires(P.PRODUCTS_EDIT)
@require_POST
def product_sale(request: CompanyRequest, product_id: int) -> HttpResponse:
    """Take a product off sale or put it back; the toast's Undo does the opposite."""
    on_sale = request.GET.get("on") == "1"
    try:
        changed = set_on_sale(
            product_id=product_id,
            on_sale=on_sale,
            actor=request.actor,
            now=timezone.now(),
        )
    except CatalogueError as error:
        raise Http404 from error
    response = render(request, "inventory/_facts.html", _facts(request, changed))
    text = _("%(name)s is on sale again") if on_sale else _("%(name)s is off sale")
    undo = company_url("inventory:product-sale", product_id=product_id)
    undo += "?on=0" if on_sale else "?on=1"
    return toast(response, text % {"name": changed.name}, undo_url=undo)


def _facts_form(shown: Product, data: Any = None) -> ProductForm:
    return ProductForm(
        data,
        instance=shown,
        categories=list_categories(),
        own=_own_inputs(shown),
        initial=with_prefix(shown.custom),
    )


def _show_facts_form(
    request: CompanyRequest,
    form: ProductForm,
    shown: Product,
    *,
    status: int = 200,
    stale: list[dict[str, Any]] | None = None,
) -> HttpResponse:
    context = {"form": form, "product": shown, "stale": stale}
    return render(request, "inventory/_facts_form.html", context, status=status)


def _own_inputs(shown: Product | None = None) -> dict[str, CustomField]:
    """The company's own fields for a form. One query."""
    present = shown.custom if shown is not None else {}
    return make_inputs(list_definitions(Kind.PRODUCT), present, prefix=PREFIX)


def _chips(*, stock: bool) -> list[tuple[str, str]]:
    states = [("in", _("In stock")), ("out", _("Out of stock")), ("waiting", _("Waited for"))]
    return [*(states if stock else []), ("off", _("Off sale"))]


# --- Parts ---------------------------------------------------------------------------------------


def _show_product(request: CompanyRequest, shown: Product) -> HttpResponse:
    warehouses = list_warehouses()
    variants = list(shown.variants.select_related("product").order_by("id"))
    rights = may(request)
    moves = list_recent_movements(variant_ids=[v.pk for v in variants]) if rights["stock"] else []
    history = AuditEntry.objects.filter(
        object_type="variant", object_id__in=[v.pk for v in variants], action="variant.edited"
    ).order_by("-id")[:30]
    context = {
        **_facts(request, shown),
        "warehouses": warehouses,
        "rows": describe_variants(variants, warehouses),
        "moves": present_movements(moves, viewer=request.membership),
        "prices": _price_history(history, {v.pk: v for v in variants}, costs=rights["costs"]),
        "may": rights,
    }
    return render_page(
        request,
        "inventory/product.html",
        context,
        fragment="inventory/_product.html",
        panel="inventory/_product_panel.html",
    )


def _facts(request: CompanyRequest, shown: Product) -> dict[str, Any]:
    return {
        "product": shown,
        "picture": picture_url(shown.picture),
        "own_facts": facts_of(list_definitions(Kind.PRODUCT), shown.custom),
        "may": may(request),
    }


def _price_history(
    entries: Sequence[AuditEntry], variants: dict[int, Variant], *, costs: bool
) -> list[dict[str, Any]]:
    """Changes of prices (and costs, for those who may see them), newest first."""
    words = {"price": _("Price"), "cost": _("Cost")} if costs else {"price": _("Price")}
    rows = []
    for entry in entries:
        variant = variants[entry.object_id]
        for name, word in words.items():
            if name in entry.changes:
                before, after = entry.changes[name]
                rows.append(
                    {
                        "entry": entry,
                        "variant": variant,
                        "word": word,
                        "before": _decimal(before),
                        "after": _decimal(after),
                    }
                )
    return rows[:8]


def _decimal(value: Any) -> Any:
    return None if value is None else Decimal(value)


def _show_new(
    request: CompanyRequest, form: ProductForm, rows: list[VariantForm], *, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "rows": rows,
        "blank": VariantForm(costs=may(request)["costs"], prefix="v__n__", row="__n__"),
        "may": may(request),
        "currency": request.company.currency,
    }
    return render_page(request, "inventory/product_new.html", context, status=status)


def get_product(product_id: int) -> Product:
    shown = Product.objects.filter(pk=product_id).first()
    if shown is None:
        raise Http404
    return shown
