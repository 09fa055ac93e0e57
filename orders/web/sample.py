"""«Send a test order»."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from crm.accounts.access import ANY_MEMBER, requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, toast, wants_fragment
from orders.actions.sample import place_sample_order
from orders.errors import OrderError


@requires(ANY_MEMBER)
@require_POST
def send_sample(request: CompanyRequest) -> HttpResponse:
    """Place a made-up order; for those who create orders or connect stores."""
    me = request.membership
    if not (me.can(Permission.ORDERS_CREATE) or me.can(Permission.CONNECTIONS_MANAGE)):
        raise PermissionDenied
    try:
        with override(request.company.language):
            placed = place_sample_order(
                actor=request.actor,
                now=timezone.now(),
            )
    except OrderError:
        text = _("There are no goods to order yet: add a product with a price first.")
        return _answer(request, text, level="warning")
    text = _("Test order №%(number)s is placed") % {"number": placed.order.label}
    return _answer(request, text)


def _answer(request: HttpRequest, text: str, *, level: str = "success") -> HttpResponse:
    if wants_fragment(request):
        return toast(HttpResponse(status=204), text, level=level)
    flash(request, text, level=level)
    return redirect_for(request, company_url("orders:list"))
