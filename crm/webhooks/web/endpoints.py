"""Webhooks: whom the company tells, of what, with which secret."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page
from crm.vault.fields import fernet
from crm.webhooks.actions import endpoints as actions
from crm.webhooks.actions.endpoints import EndpointRefused
from crm.webhooks.catalogue import GROUPS
from crm.webhooks.models import WebhookEndpoint
from crm.webhooks.selectors import find_endpoint, list_endpoints, tally_endpoints
from crm.webhooks.web.forms import EndpointForm
from crm.webhooks.web.words import describe_state, list_groups, say_refusal

_SHOWN_ONCE = "webhook-secret"
allowed = requires(Permission.CONNECTIONS_MANAGE)


@require_GET
@allowed
def list_all(request: CompanyRequest) -> HttpResponse:
    """The company's webhooks. Three queries however many."""
    found = list_endpoints()
    tallies = tally_endpoints([endpoint.pk for endpoint in found])
    rows = [
        {
            "endpoint": endpoint,
            "look": describe_state(endpoint),
            "tally": tallies[endpoint.pk],
        }
        for endpoint in found
    ]
    return render_page(
        request, "webhooks/list.html", {"rows": rows}, fragment="webhooks/_list.html"
    )


@require_GET
@allowed
def events(request: CompanyRequest) -> HttpResponse:
    """Every event with an example of what it says."""
    groups = [
        {
            "name": group.name,
            "label": group.label,
            "types": [
                {
                    "name": kind.name,
                    "label": kind.label,
                    "shown": json.dumps(kind.example(), ensure_ascii=False, indent=2),
                }
                for kind in group.types
            ],
        }
        for group in GROUPS
    ]
    return render_page(request, "webhooks/events.html", {"groups": groups})


@require_http_methods(["GET", "POST"])
@allowed
def create(request: CompanyRequest) -> HttpResponse:
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = actions.create_endpoint(
                **form.cleaned_data,
                actor=request.actor,
                now=timezone.now(),
            )
        except EndpointRefused as refusal:
            _add_refusal(form, refusal)
        else:
            _keep_secret(request, made, secret)
            return redirect_for(request, company_url("webhooks:endpoint", endpoint_id=made.pk))
    return _show_form(request, form)


@require_http_methods(["GET", "POST"])
@allowed
def edit(request: CompanyRequest, endpoint_id: int) -> HttpResponse:
    endpoint = access_endpoint(endpoint_id)
    form = EndpointForm(request.POST or None, initial=EndpointForm.initial_of(endpoint))
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_endpoint(
                endpoint_id=endpoint_id,
                **form.cleaned_data,
                actor=request.actor,
                now=timezone.now(),
            )
        except EndpointRefused as refusal:
            _add_refusal(form, refusal)
        else:
            flash(request, _("Saved."))
            url = company_url("webhooks:endpoint", endpoint_id=endpoint_id)
            return redirect_for(request, url)
    return _show_form(request, form, endpoint)


@require_POST
@allowed
def rotate(request: CompanyRequest, endpoint_id: int) -> HttpResponse:
    def work(**given: Any) -> None:
        made, secret = actions.rotate_secret(**given)
        _keep_secret(request, made, secret)

    return _do(request, endpoint_id, work, "")


@require_POST
@allowed
def test(request: CompanyRequest, endpoint_id: int) -> HttpResponse:
    text = _("A test is on its way: it will stand at the top of the log.")
    return _do(request, endpoint_id, actions.test_endpoint, text)


@require_POST
@allowed
def pause(request: CompanyRequest, endpoint_id: int) -> HttpResponse:
    return _do(request, endpoint_id, actions.pause_endpoint, _("The webhook is paused."))


@require_POST
@allowed
def resume(request: CompanyRequest, endpoint_id: int) -> HttpResponse:
    skip = request.POST.get("waiting") == "skip"

    work = partial(actions.resume_endpoint, skip_waiting=skip)
    return _do(request, endpoint_id, work, _("The webhook works again."))


@require_POST
@allowed
def remove(request: CompanyRequest, endpoint_id: int) -> HttpResponse:
    text = _("The webhook is removed.")
    return _do(request, endpoint_id, actions.remove_endpoint, text, url="webhooks:list")


# --- Parts -------------------------------------------------------------------------------------


def access_endpoint(endpoint_id: int) -> WebhookEndpoint:
    """Return an endpoint of the company; 404 where there is none."""
    endpoint = find_endpoint(endpoint_id)
    if endpoint is None:
        raise Http404
    return endpoint


def take_secret(request: HttpRequest, endpoint: WebhookEndpoint) -> str:
    """Return the secret that was made a moment ago, for this once."""
    kept = request.session.get(_SHOWN_ONCE)
    if kept is None or [kept["tenant"], kept["id"]] != [endpoint.tenant_id, endpoint.pk]:
        return ""
    del request.session[_SHOWN_ONCE]
    return fernet().decrypt(kept["sealed"].encode()).decode()


def _keep_secret(request: HttpRequest, endpoint: WebhookEndpoint, secret: str) -> None:
    """Keep a new secret for the next page, encrypted: sessions lie in the database."""
    sealed = fernet().encrypt(secret.encode()).decode()
    request.session[_SHOWN_ONCE] = {
        "tenant": endpoint.tenant_id,
        "id": endpoint.pk,
        "sealed": sealed,
    }


def _do(
    request: CompanyRequest,
    endpoint_id: int,
    work: Callable[..., Any],
    text: str,
    *,
    url: str = "",
) -> HttpResponse:
    by = {"actor": request.actor, "now": timezone.now()}
    try:
        work(endpoint_id=endpoint_id, **by)
    except EndpointRefused as refusal:
        if refusal.code == "not_found":
            raise Http404 from refusal
        flash(request, say_refusal(refusal.code), level="error")
    else:
        if text:
            flash(request, text)
    if url:
        return redirect_for(request, company_url(url))
    return redirect_for(request, company_url("webhooks:endpoint", endpoint_id=endpoint_id))


def _add_refusal(form: EndpointForm, refusal: EndpointRefused) -> None:
    form.add_error(refusal.field or None, say_refusal(refusal.code))


def _show_form(
    request: HttpRequest, form: EndpointForm, endpoint: WebhookEndpoint | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "endpoint": endpoint,
        "groups": list_groups(form["events"].value()),
        "every": bool(form["all_events"].value()),
    }
    status = 422 if form.is_bound else 200
    return render_page(request, "webhooks/form.html", context, status=status)
