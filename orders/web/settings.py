"""Settings of orders: channels, minutes, exchange rates and numbers."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.models import Team
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.audit.changes import StaleSettings
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page
from crm.shell.stale import say_stale
from inventory.models import Warehouse
from orders.actions import configure
from orders.errors import OrderError
from orders.models import Channel, ExchangeRate, OrderSettings, Skill
from orders.pipeline import Stage
from orders.selectors.directory import read_directory
from orders.web.settings_forms import MINUTES, ChannelForm, MinutesForm, RateForm
from orders.web.settings_more_forms import NumbersForm
from orders.wording import error_text

P = Permission
RATES_SHOWN = 60


def _who(request: CompanyRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}


# --- Channels --------------------------------------------------------------------------------


@requires(P.SETTINGS_MANAGE)
@require_GET
def channels(request: CompanyRequest) -> HttpResponse:
    """Two queries."""
    rows = Channel.objects.select_related(
        "warehouse", "default_manager", "team", "skill"
    ).prefetch_related("members__member")
    context = {"rows": rows.order_by("-is_active", "id")}
    return render_page(request, "orders/settings/channels.html", context)


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def channel_new(request: CompanyRequest) -> HttpResponse:
    return _channel(request, None)


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def channel_edit(request: CompanyRequest, channel_id: int) -> HttpResponse:
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is None:
        raise Http404
    return _channel(request, channel)


def _channel(request: CompanyRequest, channel: Channel | None) -> HttpResponse:
    directory = read_directory()
    options: dict[str, Any] = {
        "warehouses": list(Warehouse.objects.filter(is_active=True).order_by("priority", "id")),
        "people": directory.managers,
        "teams": list(Team.objects.order_by("name")),
        "skills": list(Skill.objects.order_by("name")),
        "statuses": directory.statuses_of(Stage.NEW),
        "has_code": channel is not None,
    }
    mark = configure.channel_stamp(channel) if channel else ""
    if request.method == "GET":
        form = ChannelForm(initial=_channel_values(request, channel), **options)
        return _channel_page(request, form, channel, mark)
    form = ChannelForm(request.POST, **options)
    shown = request.POST.get("stamp", "")
    if not form.is_valid():
        return _channel_page(request, form, channel, shown, status=422)
    values = dict(form.cleaned_data)
    members = values.pop("members")
    code = values.pop("code", "")
    try:
        saved = configure.save_channel(
            channel_id=channel.pk if channel else None,
            code=code,
            values=values,
            member_ids=members,
            expected=shown if channel else None,
            **_who(request),
        )
    except OrderError as refusal:
        field = {"warehouse": "warehouse_id"}.get(refusal.field, refusal.field)
        form.add_error(field if field in form.fields else None, error_text(refusal))
        return _channel_page(request, form, channel, shown, status=422)
    except StaleSettings:
        say_stale(form, _channel_values(request, channel))
        return _channel_page(request, form, channel, mark, status=409)
    flash(request, _("Saved: %(name)s") % {"name": saved.name})
    return redirect_for(request, company_url("orders:settings-channels"))


def _channel_values(request: CompanyRequest, channel: Channel | None) -> dict[str, Any]:
    if channel is None:
        return {"currency": request.company.currency, "is_active": True}
    values = {name: getattr(channel, name) for name in configure.CHANNEL_FIELDS}
    values["members"] = sorted(channel.members.values_list("member_id", flat=True))
    return values


def _channel_page(
    request: HttpRequest,
    form: ChannelForm,
    channel: Channel | None,
    stamp: str,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "channel": channel, "stamp": stamp}
    return render_page(request, "orders/settings/channel.html", context, status=status)


# --- Minutes and rates -----------------------------------------------------------------------


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def minutes(request: CompanyRequest) -> HttpResponse:
    """How fast to answer, what is a repeat; and exchange rates below."""
    stored = OrderSettings.objects.get()
    mark = configure.minutes_stamp(stored)
    if request.method == "GET":
        return _minutes(request, MinutesForm(instance=stored), mark)
    form = MinutesForm(request.POST, instance=stored)
    shown = request.POST.get("stamp", "")
    if not form.is_valid():
        return _minutes(request, form, shown, status=422)
    try:
        configure.edit_settings(values=form.cleaned_data, expected=shown, **_who(request))
    except StaleSettings:
        say_stale(form, {name: getattr(stored, name) for name in MINUTES})
        return _minutes(request, form, mark, status=409)
    flash(request, _("Saved"))
    return redirect_for(request, company_url("orders:settings"))


def _minutes(
    request: CompanyRequest,
    form: MinutesForm,
    stamp: str,
    rate_form: RateForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    own = request.company.currency
    rates = ExchangeRate.objects.order_by("-since", "currency")[:RATES_SHOWN]
    context = {
        "form": form,
        "stamp": stamp,
        "rates": rates,
        "own": own,
        "rate_form": rate_form or _new_rate(own),
    }
    return render_page(request, "orders/settings/minutes.html", context, status=status)


def _new_rate(own: str) -> RateForm:
    initial = {"since": timezone.localdate(), "currency": "USD" if own != "USD" else "EUR"}
    return RateForm(own=own, initial=initial)


@requires(P.SETTINGS_MANAGE)
@require_POST
def rate(request: CompanyRequest) -> HttpResponse:
    """Set a currency's worth from a day on."""
    own = request.company.currency
    form = RateForm(request.POST, own=own)
    if form.is_valid():
        try:
            configure.set_rate(**form.cleaned_data, **_who(request))
        except OrderError as refusal:
            form.add_error(refusal.field, error_text(refusal))
    if form.errors:
        stored = OrderSettings.objects.get()
        mark = configure.minutes_stamp(stored)
        return _minutes(request, MinutesForm(instance=stored), mark, form, status=422)
    flash(request, _("The rate is set"))
    return redirect_for(request, company_url("orders:settings") + "#rates")


# --- Numbers ---------------------------------------------------------------------------------


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def numbers(request: CompanyRequest) -> HttpResponse:
    """What stands before the number of an order, and which number comes next."""
    stored = OrderSettings.objects.get()
    mark, code = configure.numbers_stamp(stored), 200
    initial = {"number_prefix": stored.number_prefix, "next_one": configure.next_number()}
    form = NumbersForm(request.POST or None, initial=initial)
    if request.method == "POST":
        mark, code = request.POST.get("stamp", ""), 422
        if form.is_valid():
            try:
                configure.set_numbers(
                    prefix=form.cleaned_data["number_prefix"],
                    next_one=form.cleaned_data["next_one"],
                    expected=mark,
                    **_who(request),
                )
            except OrderError as refusal:
                form.add_error(refusal.field, error_text(refusal))
            except StaleSettings:
                say_stale(form, {"number_prefix": stored.number_prefix})
                mark, code = configure.numbers_stamp(stored), 409
            else:
                flash(request, _("Saved"))
                return redirect_for(request, company_url("orders:settings-numbers"))
    channels = Channel.objects.exclude(number_prefix="").filter(is_active=True).order_by("id")
    context = {"form": form, "stamp": mark, "stored": initial, "channels": channels}
    return render_page(request, "orders/settings/numbers.html", context, status=code)
