"""Closing a hint, and switching all of them off or on again."""

from django.http import HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.accounts.access import ANY_MEMBER, requires
from crm.accounts.actions.hints import close_hint, switch_hints
from crm.accounts.requests import CompanyRequest
from crm.shell.hints import HINTS
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, toast, wants_fragment


@requires(ANY_MEMBER)
@require_POST
def hints(request: CompanyRequest) -> HttpResponse:
    """`close` names a hint; `all` is "on" or "off". The strip goes, or the page comes anew."""
    me = request.membership.pk
    every, name = request.POST.get("all", ""), request.POST.get("close", "")
    text = ""
    if every in {"on", "off"}:
        switch_hints(member_id=me, on=every == "on")
        text = (
            _("Hints are on again.")
            if every == "on"
            else _("Hints are off. The menu under your name brings them back.")
        )
    elif name in HINTS:
        close_hint(member_id=me, name=name)
    if wants_fragment(request):
        response = HttpResponse()
        return toast(response, text) if text else response
    if text:
        flash(request, text)
    return redirect_for(request, _back(request))


def _back(request: CompanyRequest) -> str:
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()):
        return wanted
    return company_url("shell:home")
