"""Connections: connect a store, see its journal, try a failed delivery again."""

import json
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.numbers import read_whole
from crm.shell.responses import flash, render_page
from integrations.actions.connections import (
    connect_woocommerce,
    edit_connection,
    new_secret,
    set_active,
    set_secret,
)
from integrations.ingress.receive import replay_delivery
from integrations.models import Connection, DeliveryState, InboundDelivery
from integrations.selectors import count_journal, list_connections, list_deliveries
from integrations.web.forms import ConnectionForm
from integrations.web.words import describe
from integrations.woocommerce.trial import send_trial
from orders.models import Order

REPLAY_AT_ONCE = 500
_SHOWN_ONCE = "connection-secret"
allowed = requires(Permission.CONNECTIONS_MANAGE)


@require_GET
@allowed
def connections(request: CompanyRequest) -> HttpResponse:
    return render_page(
        request,
        "integrations/connections.html",
        {"connections": list_connections()},
        fragment="integrations/_connections.html",
    )


@require_http_methods(["GET", "POST"])
@allowed
def connect(request: CompanyRequest) -> HttpResponse:
    form = ConnectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        secret = new_secret()
        made = connect_woocommerce(
            name=form.cleaned_data["name"],
            channel_id=form.cleaned_data["channel"].pk,
            store_url=form.cleaned_data["store_url"],
            secret=secret,
            actor=request.actor,
            now=timezone.now(),
        )
        request.session[_SHOWN_ONCE] = {"id": made.pk, "secret": secret}
        return redirect(company_url("integrations:connection", pk=made.pk))
    status = 422 if form.is_bound else 200
    return render_page(request, "integrations/connect.html", {"form": form}, status=status)


@require_GET
@allowed
def connection(request: CompanyRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Connection.objects.select_related("channel"), pk=pk)
    state = request.GET.get("state", "")
    if state and state not in DeliveryState.values:
        state = ""
    before = request.GET.get("before", "")
    rows, older = list_deliveries(found.pk, state=state, before=read_whole(before))
    journal = count_journal(found.pk)
    fresh = request.session.get(_SHOWN_ONCE)
    secret = ""
    if fresh and fresh["id"] == found.pk and not request.headers.get("HX-Request"):
        secret = request.session.pop(_SHOWN_ONCE)["secret"]
    context = {
        "connection": found,
        "address": request.build_absolute_uri(f"/in/{request.company.slug}/{found.token}/"),
        "secret": secret,
        "masked": "•••• " + found.secrets.get("webhook_secret", "")[-4:],
        "journal": journal,
        "rows": [describe(row) for row in rows],
        "state": state,
        "older": older,
        "tabs": _tabs(state, journal),
    }
    return render_page(
        request,
        "integrations/connection.html",
        context,
        fragment="integrations/_journal.html",
    )


def _tabs(state: str, journal: Any) -> list[dict[str, Any]]:
    counts = {
        "": journal.received,
        "waiting": journal.waiting,
        "handled": journal.handled,
        "failed": journal.failed,
    }
    labels = {
        "": _("Received"),
        "waiting": _("Waiting"),
        "handled": _("Handled"),
        "failed": _("Failed"),
    }
    return [
        {
            "label": labels[key],
            "url": f"?state={key}" if key else "?",
            "current": key == state,
            "count": count,
        }
        for key, count in counts.items()
    ]


@require_http_methods(["GET", "POST"])
@allowed
def edit(request: CompanyRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Connection, pk=pk)
    initial = {
        "name": found.name,
        "channel": found.channel_id,
        "store_url": found.settings.get("store_url", ""),
    }
    form = ConnectionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        edit_connection(
            connection_id=pk,
            name=form.cleaned_data["name"],
            channel_id=form.cleaned_data["channel"].pk,
            store_url=form.cleaned_data["store_url"],
            actor=request.actor,
            now=timezone.now(),
        )
        flash(request, _("Saved"))
        return redirect(company_url("integrations:connection", pk=pk))
    status = 422 if form.is_bound else 200
    context = {"form": form, "connection": found}
    return render_page(request, "integrations/connect.html", context, status=status)


@require_POST
@allowed
def change_secret(request: CompanyRequest, pk: int) -> HttpResponse:
    get_object_or_404(Connection, pk=pk)
    secret = new_secret()
    set_secret(connection_id=pk, secret=secret, actor=request.actor, now=timezone.now())
    request.session[_SHOWN_ONCE] = {"id": pk, "secret": secret}
    return redirect(company_url("integrations:connection", pk=pk))


@require_POST
@allowed
def switch(request: CompanyRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Connection, pk=pk)
    active = request.POST.get("active") == "1"
    set_active(connection_id=pk, active=active, actor=request.actor, now=timezone.now())
    text = _("%(name)s works again") if active else _("%(name)s is paused")
    flash(request, text % {"name": found.name})
    return redirect(company_url("integrations:connection", pk=pk))


@require_POST
@allowed
def trial(request: CompanyRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Connection, pk=pk, is_active=True)
    send_trial(connection=found, now=timezone.now())
    flash(request, _("A signed test delivery is on its way: see the journal"))
    return redirect(company_url("integrations:connection", pk=pk))


@require_POST
@allowed
def replay_all(request: CompanyRequest, pk: int) -> HttpResponse:
    """Try the failed deliveries of a connection again, oldest first."""
    if not Connection.objects.filter(pk=pk).exists():
        raise Http404
    ids = list(
        InboundDelivery.objects.filter(connection_id=pk, state=DeliveryState.FAILED)
        .order_by("id")
        .values_list("id", flat=True)[:REPLAY_AT_ONCE]
    )
    for delivery_id in ids:
        replay_delivery(delivery_id=delivery_id, now=timezone.now())
    flash(request, _("Being tried again: %(count)s") % {"count": len(ids)})
    return redirect(company_url("integrations:connection", pk=pk))


@require_GET
@allowed
def delivery(request: CompanyRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(InboundDelivery.objects.select_related("connection"), pk=pk)
    context = {
        "row": describe(row),
        "order": Order.objects.filter(pk=row.object_id).first(),
        "body": _pretty(bytes(row.body)),
    }
    return render_page(
        request, "integrations/delivery.html", context, panel="integrations/_delivery_panel.html"
    )


@require_POST
@allowed
def replay(request: CompanyRequest, pk: int) -> HttpResponse:
    row = InboundDelivery.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    if row.state != DeliveryState.FAILED:
        raise BadRequest("only a failed delivery is tried again")
    replay_delivery(delivery_id=pk, now=timezone.now())
    flash(request, _("The delivery is being tried again"))
    return redirect(company_url("integrations:connection", pk=row.connection_id))


def _pretty(body: bytes) -> str:
    """A body for the eye; what is no JSON is shown as it came."""
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body.decode(errors="replace")
    return text.encode(errors="replace").decode()  # half a letter, which no page can show
