"""The log of a webhook: what was sent, what was answered; sending again."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.paging import take_page
from crm.shell.responses import flash, redirect_for, render_page
from crm.webhooks.actions.endpoints import EndpointRefused
from crm.webhooks.actions.replay import replay_delivery, replay_span
from crm.webhooks.envelope import envelope
from crm.webhooks.keys import event_id
from crm.webhooks.models import KEEP, Delivery, DeliveryState, EndpointState
from crm.webhooks.selectors import Tally, list_deliveries, tally_endpoints
from crm.webhooks.web.endpoints import access_endpoint, take_secret
from crm.webhooks.web.forms import LogForm, SpanForm
from crm.webhooks.web.words import (
    LABELS,
    describe_attempt,
    describe_delivery,
    describe_state,
    say_refusal,
)

SHOWN_ATTEMPTS = 30
allowed = requires(Permission.CONNECTIONS_MANAGE)


@require_GET
@allowed
def endpoint(request: CompanyRequest, endpoint_id: int) -> HttpResponse:
    """A webhook with its log. Five queries however many deliveries."""
    shown = access_endpoint(endpoint_id)
    form = LogForm(request.GET)
    form.is_valid()  # a wrong filter stands beside its field; the others still count
    wanted = form.cleaned_data
    till = wanted.get("till")
    rows = list_deliveries(
        endpoint_id,
        state=wanted.get("state") or "",
        type=wanted.get("type") or "",
        since=_midnight(wanted.get("since")),
        until=_midnight(till + timedelta(days=1)) if till else None,
    )
    page = take_page(rows, ("-sequence",), request.GET)
    tally = tally_endpoints([endpoint_id])[endpoint_id]
    secret = "" if request.headers.get("HX-Request") else take_secret(request, shown)
    now = timezone.localtime()
    context = {
        "endpoint": shown,
        "look": describe_state(shown),
        "secret": secret,
        "masked": "•••• " + shown.secrets.get("current", "")[-4:],
        "overlaps": shown.previous_until is not None and shown.previous_until > now,
        "tally": tally,
        "form": form,
        "filtered": any(request.GET.get(name) for name in form.fields),
        "page": page,
        "rows": [describe_delivery(row, shown) for row in page.rows],
        "tabs": _tabs(request, tally),
        "labels": LABELS,
        "span": SpanForm(
            initial={"since": now - timedelta(days=1), "until": now, "states": ["failed"]}
        ),
    }
    response = render_page(
        request, "webhooks/endpoint.html", context, fragment="webhooks/_log.html"
    )
    if secret:
        response["Cache-Control"] = "no-store"
    return response


@require_GET
@allowed
def show(request: CompanyRequest, delivery_id: int) -> HttpResponse:
    """One delivery: its body, its attempts and what can be done with it."""
    found = (
        Delivery.objects.select_related("event", "endpoint")
        .exclude(endpoint__state=EndpointState.REMOVED)
        .filter(pk=delivery_id)
        .first()
    )
    if found is None:
        raise Http404
    attempts = found.attempt_rows.order_by("-id")[:SHOWN_ATTEMPTS]
    body = envelope(found.event, request.company.slug)
    context = {
        **describe_delivery(found, found.endpoint),
        "endpoint": found.endpoint,
        "label": LABELS.get(found.type, found.type),
        "message_id": event_id(found.tenant_id, found.event_id),
        "body": json.dumps(body, ensure_ascii=False, indent=2),
        "attempts": [describe_attempt(row) for row in attempts],
    }
    return render_page(
        request,
        "webhooks/delivery.html",
        context,
        fragment="webhooks/_delivery.html",
        panel="webhooks/_delivery_panel.html",
    )


@require_POST
@allowed
def replay_one(request: CompanyRequest, delivery_id: int) -> HttpResponse:
    try:
        delivery = replay_delivery(
            delivery_id=delivery_id,
            actor=request.actor,
            now=timezone.now(),
        )
    except EndpointRefused as refusal:
        if refusal.code == "not_found":
            raise Http404 from refusal
        flash(request, say_refusal(refusal.code), level="error")
        return redirect_for(request, company_url("webhooks:list"))
    flash(request, _("It is being sent again, under the same id."))
    url = company_url("webhooks:endpoint", endpoint_id=delivery.endpoint_id)
    return redirect_for(request, url)


@require_POST
@allowed
def replay_many(request: CompanyRequest, endpoint_id: int) -> HttpResponse:
    """Send what of a span of time again."""
    access_endpoint(endpoint_id)
    form = SpanForm(request.POST)
    back = redirect_for(request, company_url("webhooks:endpoint", endpoint_id=endpoint_id))
    if not form.is_valid():
        errors = [str(error) for errors in form.errors.values() for error in errors]
        flash(request, " ".join(errors), level="error")
        return back
    now = timezone.now()
    try:
        done = replay_span(
            endpoint_id=endpoint_id,
            since=max(form.cleaned_data["since"], now - KEEP),
            until=form.cleaned_data["until"] + timedelta(minutes=1),
            states=form.cleaned_data["states"],
            missed=form.cleaned_data["missed"],
            actor=request.actor,
            now=now,
        )
    except EndpointRefused as refusal:
        flash(request, say_refusal(refusal.code), level="error")
        return back
    if not done.total:
        flash(request, _("Nothing of that time fits."), level="info")
        return back
    text = ngettext(
        "%(count)s event is being sent again.", "%(count)s events are being sent again.", done.total
    )
    flash(request, text % {"count": done.total})
    return back


# --- Parts -------------------------------------------------------------------------------------


def _tabs(request: HttpRequest, tally: Tally) -> list[dict[str, Any]]:
    current = request.GET.get("state", "")
    tabs = []
    for value, label in (("", _("All")), *DeliveryState.choices):
        query = request.GET.copy()
        for name in ("state", "after", "before"):
            query.pop(name, None)
        if value:
            query["state"] = value
        tabs.append(
            {
                "label": label,
                "url": f"?{query.urlencode()}",
                "current": value == current,
                "count": tally.of(value),
            }
        )
    return tabs


def _midnight(day: date | None) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time(), timezone.get_current_timezone())
