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
from crm.fields.values import PREFIX, part_own, show_value, with_prefix
from crm.fields.web.inputs import CustomField, make_inputs
from crm.shell.links import company_url
from crm.shell.paging import take_page
from crm.shell.responses import flash, redirect_for, render_page, toast
from inventory.actions.catalogue import (
    CatalogueError,
    NewVariant,
    add_variants,
    create_product,
    edit_product,
    edit_variant,
    set_on_sale,
)
from inventory.models import Product, Variant
from inventory.selectors.catalogue import (
    ProductFilter,
    VariantRow,
    describe_products,
    describe_variants,
    list_categories,
    list_products,
    list_warehouses,
)
from inventory.selectors.stock import list_recent_movements
from inventory.web.forms import ProductForm, VariantForm, attach_to, rows_of
from inventory.web.present import may, picture_url, present_movements
from inventory.web.words import say_catalogue_error

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
    return _show_product(request, _get_product(product_id))


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
            variants=[_as_new(row, currency) for row in rows],
            actor=request.actor,
            now=timezone.now(),
        )
    except CatalogueError as error:
        _put_error(error, form, rows)
        return _show_new(request, form, rows, status=422)
    flash(request, _("%(name)s is in the catalogue") % {"name": made.name})
    return redirect_for(request, company_url("inventory:product", product_id=made.pk))


@requires(P.PRODUCTS_EDIT)
@require_http_methods(["GET", "POST"])
def product_facts(request: CompanyRequest, product_id: int) -> HttpResponse:
    """The card of a product's facts turned into a form and back."""
    shown = _get_product(product_id)
    if request.method == "GET":
        if request.GET.get("cancel"):
            return render(request, "inventory/_facts.html", _facts(request, shown))
        form = _facts_form(shown)
        return render(request, "inventory/_facts_form.html", {"form": form, "product": shown})
    form = _facts_form(shown, request.POST)
    if not form.is_valid():
        return render(
            request, "inventory/_facts_form.html", {"form": form, "product": shown}, status=422
        )
    try:
        changed = edit_product(
            product_id=product_id,
            changes=form.changes(),
            seen=form.seen_values(),
            actor=request.actor,
            now=timezone.now(),
        )
    except CatalogueError as error:
        status = 409 if error.code == "stale" else 422
        _put_error(error, form, [])
        context = {"form": form, "product": shown, "stale": _compare(error, form)}
        return render(request, "inventory/_facts_form.html", context, status=status)
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
        _put_error(error, form, [])
        status = 409 if error.code == "stale" else 422
        return _show_variant_form(
            request, form, variant, status=status, stale=_compare(error, form)
        )
    response = _show_variant(request, _get_variant(variant_id))
    return toast(response, _("%(sku)s saved") % {"sku": form.cleaned_data["sku"]})


@requires(P.PRODUCTS_EDIT)
@require_http_methods(["GET", "POST"])
def variant_add(request: CompanyRequest, product_id: int) -> HttpResponse:
    """A new row at the end of the table of variants."""
    shown = _get_product(product_id)
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
            variants=[_as_new(form, currency)],
            actor=request.actor,
            now=timezone.now(),
        )
    except CatalogueError as error:
        _put_error(error, form, [])
        return _show_variant_form(request, form, None, product=shown, status=422)
    response = _show_variant(request, _get_variant(made.pk))
    return toast(response, _("%(sku)s saved") % {"sku": made.sku})


def _facts_form(shown: Product, data: Any = None) -> ProductForm:
    return ProductForm(
        data,
        instance=shown,
        categories=list_categories(),
        own=_own_inputs(shown),
        initial=with_prefix(shown.custom),
    )


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


def _as_new(form: VariantForm, currency: str) -> NewVariant:
    data = form.cleaned_data
    return NewVariant(
        sku=data["sku"],
        name=data["name"],
        price=data["price"],
        currency=currency,
        cost=data.get("cost"),
        weight_g=data["weight_g"],
        barcodes=tuple(data["barcodes"]),
    )


def _put_error(error: CatalogueError, form: Any, rows: list[VariantForm]) -> None:
    """Set the text beside the field that it is about, in the row that it is about."""
    field, text = say_catalogue_error(error)
    target = form
    if rows and field != "name":
        row = error.facts.get("row")
        if row is None and error.code == "barcode_taken":
            codes = error.facts.get("barcode")
            row = next((n for n, r in enumerate(rows) if codes in r.cleaned_data["barcodes"]), 0)
        target = rows[row] if row is not None else form
    target.add_error(field if field in target.fields else None, text)


def _compare(error: CatalogueError, form: Any) -> list[dict[str, Any]] | None:
    """Rows of the comparison after a conflict: what stands there now, what was typed."""
    if error.code != "stale":
        return None
    form.see_again({name: theirs for name, (theirs, _mine) in error.facts["fields"].items()})

    def show(name: str, value: Any) -> Any:
        field = form.fields[name]
        return show_value(field.definition, value) if isinstance(field, CustomField) else value

    return [
        {
            "label": form.fields[name].label,
            "theirs": show(name, theirs),
            "mine": show(name, mine),
        }
        for name, (theirs, mine) in error.facts["fields"].items()
    ]


def _get_product(product_id: int) -> Product:
    shown = Product.objects.filter(pk=product_id).first()
    if shown is None:
        raise Http404
    return shown


def _get_variant(variant_id: int) -> Variant:
    variant = Variant.objects.select_related("product").filter(pk=variant_id).first()
    if variant is None:
        raise Http404
    return variant
