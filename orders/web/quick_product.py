"""An article that is not in the catalogue yet, put there without leaving the order's form."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from inventory.actions.catalogue import CatalogueError, NewVariant, create_product
from inventory.models import Variant
from inventory.selectors.search import with_stock
from inventory.web.words import say_catalogue_error
from orders.web.forms import MoneyField, money_input


class QuickProductForm(forms.Form):
    """What an article needs to be sold; the rest can be said on its page."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=200)
    sku = forms.CharField(label=_("SKU"), max_length=64)
    price = MoneyField(label=_("Price"))

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, prefix="quick", **options)
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"


@requires(Permission.PRODUCTS_EDIT)
@require_http_methods(["GET", "POST"])
def quick_product(request: CompanyRequest) -> HttpResponse:
    """GET: the dialog's form, begun with what was typed. POST: 201 with the goods as an option."""
    if request.method == "GET":
        return _show(request, QuickProductForm(initial=_begin(request.GET.get("q", ""))))
    form = QuickProductForm(request.POST)
    if not form.is_valid():
        return _show(request, form, status=422)
    data = form.cleaned_data
    variant = NewVariant(sku=data["sku"], price=data["price"], currency=request.company.currency)
    try:
        product = create_product(
            name=data["name"], variants=[variant], actor=request.actor, now=timezone.now()
        )
    except CatalogueError as error:
        field, text = say_catalogue_error(error)
        form.add_error(field if field in form.fields else None, text)
        return _show(request, form, status=422)
    made = with_stock(Variant.objects.filter(product=product)).select_related("product").get()
    rows = [{"variant": made, "price": money_input(made.price), "exact": True}]
    context = {"rows": rows, "query": made.sku, "exact": True}
    return render(request, "orders/_goods_options.html", context, status=201)


def _begin(typed: str) -> dict[str, str]:
    """A code with figures in it is an article, anything else a name."""
    typed = " ".join(typed.split())
    is_code = " " not in typed and any(letter.isdigit() for letter in typed)
    return {"sku" if is_code else "name": typed[:64] if is_code else typed[:200]}


def _show(request: HttpRequest, form: QuickProductForm, *, status: int = 200) -> HttpResponse:
    return render(request, "orders/_quick_product_form.html", {"form": form}, status=status)
