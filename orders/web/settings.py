"""Settings of orders: channels, reasons for cancelling, hours and exchange rates."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page, toast
from inventory.models import Warehouse
from orders.actions import configure
from orders.errors import OrderError
from orders.models import CancelReason, Channel, ExchangeRate, OrderSettings
from orders.selectors.directory import read_directory
from orders.web.settings_forms import ChannelForm, HoursForm, RateForm, ReasonNameForm
from orders.web.settings_statuses import move_in_list
from orders.wording import error_text

P = Permission
RATES_SHOWN = 60


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}  # type: ignore[attr-defined]


# --- Channels --------------------------------------------------------------------------------


@requires(P.SETTINGS_MANAGE)
@require_GET
def channels(request: HttpRequest) -> HttpResponse:
    """Two queries."""
    rows = Channel.objects.select_related("warehouse").prefetch_related("members__member")
    context = {"rows": rows.order_by("-is_active", "id")}
    return render_page(request, "orders/settings/channels.html", context)


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def channel_new(request: HttpRequest) -> HttpResponse:
    return _channel(request, None)


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def channel_edit(request: HttpRequest, channel_id: int) -> HttpResponse:
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise Http404
    return _channel(request, channel)


def _channel(request: HttpRequest, channel: Channel | None) -> HttpResponse:
    options: dict[str, Any] = {
        "warehouses": list(Warehouse.objects.filter(is_active=True).order_by("priority", "id")),
        "people": read_directory().managers,
        "has_code": channel is not None,
    }
    if request.method == "GET":
        form = ChannelForm(initial=_channel_values(request, channel), **options)
        return _channel_page(request, form, channel)
    form = ChannelForm(request.POST, **options)
    if not form.is_valid():
        return _channel_page(request, form, channel, status=422)
    values = dict(form.cleaned_data)
    members = values.pop("members")
    code = values.pop("code", "")
    try:
        saved = configure.save_channel(
            channel_id=channel.pk if channel else None,
            code=code,
            values=values,
            member_ids=members,
            **_who(request),
        )
    except OrderError as refusal:
        field = {"warehouse": "warehouse_id"}.get(refusal.field, refusal.field)
        form.add_error(field if field in form.fields else None, error_text(refusal))
        return _channel_page(request, form, channel, status=422)
    flash(request, _("Saved: %(name)s") % {"name": saved.name})
    return redirect_for(request, company_url("orders:settings-channels"))


def _channel_values(request: HttpRequest, channel: Channel | None) -> dict[str, Any]:
    if channel is None:
        return {"currency": request.company.currency, "is_active": True}  # type: ignore[attr-defined]
    names = ("name", "kind", "currency", "stock_policy", "warehouse_id", "is_active")
    values = {name: getattr(channel, name) for name in names}
    values["members"] = list(channel.members.values_list("member_id", flat=True))
    return values


def _channel_page(
    request: HttpRequest, form: ChannelForm, channel: Channel | None, *, status: int = 200
) -> HttpResponse:
    context = {"form": form, "channel": channel}
    return render_page(request, "orders/settings/channel.html", context, status=status)


# --- Reasons for cancelling ------------------------------------------------------------------


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def reasons(request: HttpRequest) -> HttpResponse:
    """The list; a POST adds to it."""
    if request.method == "GET":
        return _reasons(request, ReasonNameForm())
    form = ReasonNameForm(request.POST)
    if not form.is_valid():
        return _reasons(request, form, status=422)
    try:
        configure.add_reason(name=form.cleaned_data["name"], **_who(request))
    except OrderError as refusal:
        form.add_error("name", error_text(refusal))
        return _reasons(request, form, status=422)
    return _reasons(request, ReasonNameForm())


def _reasons(request: HttpRequest, form: ReasonNameForm, *, status: int = 200) -> HttpResponse:
    rows = CancelReason.objects.order_by("-is_active", "position", "id")
    return render_page(
        request,
        "orders/settings/reasons.html",
        {"rows": rows, "form": form},
        fragment="orders/settings/_reasons.html",
        status=status,
    )


@requires(P.SETTINGS_MANAGE)
@require_POST
def reason_do(request: HttpRequest, reason_id: int, verb: str) -> HttpResponse:
    """rename, up, down, off, on."""
    who = _who(request)
    try:
        if verb == "rename":
            values: dict[str, Any] = {"name": request.POST.get("name", "")[:80]}
            configure.edit_reason(reason_id=reason_id, values=values, **who)
        elif verb in {"on", "off"}:
            values = {"is_active": verb == "on"}
            configure.edit_reason(reason_id=reason_id, values=values, **who)
        elif verb in {"up", "down"}:
            rows = CancelReason.objects.filter(is_active=True).order_by("position", "id")
            ids = list(rows.values_list("pk", flat=True))
            if reason_id not in ids:
                raise Http404
            configure.order_reasons(ids=move_in_list(ids, reason_id, verb), **who)
        else:
            raise Http404
    except OrderError as refusal:
        response = _reasons(request, ReasonNameForm(), status=409)
        return toast(response, error_text(refusal), level="warning")
    return _reasons(request, ReasonNameForm())


# --- Hours and rates -------------------------------------------------------------------------


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def hours(request: HttpRequest) -> HttpResponse:
    """When picking begins, working time, how fast to answer; and exchange rates below."""
    stored = OrderSettings.objects.get()
    if request.method == "GET":
        return _hours(request, HoursForm(instance=stored))
    form = HoursForm(request.POST, instance=stored)
    if not form.is_valid():
        return _hours(request, form, status=422)
    try:
        configure.edit_settings(values=form.values(), **_who(request))
    except OrderError as refusal:
        form.add_error(refusal.field, error_text(refusal))
        return _hours(request, form, status=422)
    flash(request, _("Saved"))
    return redirect_for(request, company_url("orders:settings"))


def _hours(
    request: HttpRequest, form: HoursForm, rate_form: RateForm | None = None, *, status: int = 200
) -> HttpResponse:
    own = request.company.currency  # type: ignore[attr-defined]
    rates = ExchangeRate.objects.order_by("-since", "currency")[:RATES_SHOWN]
    context = {
        "form": form,
        "rates": rates,
        "own": own,
        "rate_form": rate_form or _new_rate(own),
    }
    return render_page(request, "orders/settings/hours.html", context, status=status)


def _new_rate(own: str) -> RateForm:
    initial = {"since": timezone.localdate(), "currency": "USD" if own != "USD" else "EUR"}
    return RateForm(own=own, initial=initial)


@requires(P.SETTINGS_MANAGE)
@require_POST
def rate(request: HttpRequest) -> HttpResponse:
    """Set a currency's worth from a day on."""
    own = request.company.currency  # type: ignore[attr-defined]
    form = RateForm(request.POST, own=own)
    if form.is_valid():
        try:
            configure.set_rate(**form.cleaned_data, **_who(request))
        except OrderError as refusal:
            form.add_error(refusal.field, error_text(refusal))
    if form.errors:
        stored = OrderSettings.objects.get()
        return _hours(request, HoursForm(instance=stored), form, status=422)
    flash(request, _("The rate is set"))
    return redirect_for(request, company_url("orders:settings") + "#rates")
