"""Settings: the company's API keys."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.api.actions import KeyRefused, create_key, revoke_key, rotate_key
from crm.api.models import ApiKey
from crm.api.selectors import list_keys
from crm.api.web.forms import KeyForm
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page
from crm.vault.fields import fernet

OVERLAPS = {"0": timedelta(0), "24": timedelta(hours=24), "168": timedelta(days=7)}
_SHOWN_ONCE = "api-key"
allowed = requires(Permission.CONNECTIONS_MANAGE)


@require_GET
@allowed
def list_all(request: CompanyRequest) -> HttpResponse:
    """The keys; one that was made a moment ago is shown this once."""
    context = {"keys": list_keys(timezone.now()), "new": _take_new(request)}
    response = render_page(request, "api/keys.html", context)
    if context["new"]:
        response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@allowed
def create(request: CompanyRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = create_key(
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            channel_code=form.cleaned_data["channel"],
            actor=request.actor,
            now=timezone.now(),
        )
        _keep_new(request, *made)
        return redirect_for(request, company_url("apikeys:list"))
    status = 422 if form.is_bound else 200
    return render_page(request, "api/key_new.html", {"form": form}, status=status)


@require_POST
@allowed
def rotate(request: CompanyRequest, pk: int) -> HttpResponse:
    overlap = OVERLAPS.get(request.POST.get("overlap", ""), OVERLAPS["24"])
    try:
        made = rotate_key(
            key_id=pk,
            overlap=overlap,
            actor=request.actor,
            now=timezone.now(),
        )
    except KeyRefused as error:
        if error.code == "not_found":
            raise Http404 from error
        flash(request, _("This key no longer works: make a new one."), level="error")
    else:
        _keep_new(request, *made)
    return redirect_for(request, company_url("apikeys:list"))


@require_POST
@allowed
def revoke(request: CompanyRequest, pk: int) -> HttpResponse:
    try:
        key = revoke_key(
            key_id=pk,
            actor=request.actor,
            now=timezone.now(),
        )
    except KeyRefused as error:
        raise Http404 from error
    flash(request, _("The key «%(name)s» no longer works.") % {"name": key.name})
    return redirect_for(request, company_url("apikeys:list"))


def _keep_new(request: HttpRequest, key: ApiKey, text: str) -> None:
    """Keep the new key for the next page, encrypted: sessions lie in the database."""
    sealed = fernet().encrypt(text.encode()).decode()
    request.session[_SHOWN_ONCE] = {"tenant": key.tenant_id, "name": key.name, "sealed": sealed}


def _take_new(request: CompanyRequest) -> dict[str, str] | None:
    kept = request.session.get(_SHOWN_ONCE)
    if kept is None or kept["tenant"] != request.company.pk:
        return None
    del request.session[_SHOWN_ONCE]
    return {"name": kept["name"], "text": fernet().decrypt(kept["sealed"].encode()).decode()}
