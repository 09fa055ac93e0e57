"""The example: filling the company with it, and taking it away with what stays named."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page
from crm.shell.sidebar import forget_counts
from crm.tenancy.middleware import see_change_at_once
from integrations.onboarding.actions.example import Stayed, fill_example, remove_example
from integrations.onboarding.selectors import read_example

_WHY: dict[str, str | Promise] = {
    "changed": gettext_lazy("somebody changed it"),
    "in_use": gettext_lazy("your own orders, stock papers or other records need it"),
    "own_customer": gettext_lazy("it is an order of your own customer now"),
    "own_goods": gettext_lazy("your own goods are in it"),
}
allowed = requires(Permission.SETTINGS_MANAGE)


@require_POST
@allowed
def fill(request: CompanyRequest) -> HttpResponse:
    """Fill the company; pressed twice, once."""
    with override(request.company.language):
        fill_example(
            company=request.company,
            member=request.membership,
            actor=request.actor,
            now=timezone.now(),
        )
    forget_counts(request)
    flash(request, _("The example is here: look around, move the cards, open an order."))
    response = redirect_for(request, company_url("orders:board"))
    see_change_at_once(response)
    return response


@require_http_methods(["GET", "POST"])
@allowed
def remove(request: CompanyRequest) -> HttpResponse:
    """Say what will go; then take it away, and name what stays. Two queries to show."""
    example = read_example()
    if request.method == "GET":
        return render_page(request, "integrations/onboarding/example.html", {"example": example})
    stayed = remove_example(
        company=request.company,
        actor=request.actor,
        now=timezone.now(),
    )
    forget_counts(request)
    if stayed:
        request.company.has_example = False  # read before it was removed
        context = {"stayed": [_word(one) for one in stayed]}
        response = render_page(request, "integrations/onboarding/example_removed.html", context)
    else:
        flash(request, _("The example is gone. Now it is all yours."))
        response = redirect_for(request, company_url("onboarding:start"))
    see_change_at_once(response)
    return response


def _word(one: Stayed) -> dict[str, object]:
    return {"label": one.label, "url": _url(one), "why": _WHY[one.why]}


def _url(one: Stayed) -> str:
    match one.kind:
        case "order":
            return company_url("orders:detail", number=one.number)
        case "customer":
            return company_url("customers:detail", customer_id=one.object_id)
        case _:
            return company_url("inventory:product", product_id=one.object_id)
