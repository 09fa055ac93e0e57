"""Settings: the working calendar and its holidays."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.audit.changes import StaleSettings
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page
from crm.shell.stale import say_stale
from orders.actions import configure_calendar as configure
from orders.errors import OrderError
from orders.holidays import list_holidays
from orders.models import Holiday, OrderSettings
from orders.web.settings_more_forms import HolidayForm, WeekForm, YearForm
from orders.wording import error_text

P = Permission
SHOWN = 200


def _who(request: CompanyRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def calendar(request: CompanyRequest) -> HttpResponse:
    """The hours of the week; a POST saves them. Two queries."""
    stored = OrderSettings.objects.get()
    mark = configure.calendar_stamp(stored)
    initial = WeekForm.of(configure.read_days(stored))
    if request.method == "GET":
        return _show(request, WeekForm(initial=initial), mark)
    form = WeekForm(request.POST)
    shown = request.POST.get("stamp", "")
    if not form.is_valid():
        return _show(request, form, shown, status=422)
    try:
        configure.set_week(days=form.days(), expected=shown, **_who(request))
    except OrderError as refusal:
        form.add_error(refusal.field, error_text(refusal))
        return _show(request, form, shown, status=422)
    except StaleSettings:
        say_stale(form, initial)
        return _show(request, form, mark, status=409)
    flash(request, _("Saved"))
    return redirect_for(request, company_url("orders:settings-calendar"))


def _show(
    request: HttpRequest,
    form: WeekForm,
    stamp: str,
    *,
    holiday_form: HolidayForm | None = None,
    status: int = 200,
) -> HttpResponse:
    today = timezone.localdate()
    rows = Holiday.objects.filter(day__gte=today.replace(month=1, day=1)).order_by("day")[:SHOWN]
    context = {
        "form": form,
        "stamp": stamp,
        "holidays": rows,
        "holiday_form": holiday_form or HolidayForm(),
        "years": [today.year, today.year + 1],
        "today": today,
    }
    return render_page(request, "orders/settings/calendar.html", context, status=status)


@requires(P.SETTINGS_MANAGE)
@require_POST
def holiday(request: CompanyRequest) -> HttpResponse:
    """Add a holiday, or rename the one of that day."""
    form = HolidayForm(request.POST)
    if form.is_valid():
        try:
            configure.set_holiday(**form.cleaned_data, **_who(request))
        except OrderError as refusal:
            form.add_error(refusal.field, error_text(refusal))
    if form.errors:
        stored = OrderSettings.objects.get()
        week = WeekForm(initial=WeekForm.of(configure.read_days(stored)))
        mark = configure.calendar_stamp(stored)
        return _show(request, week, mark, holiday_form=form, status=422)
    flash(request, _("Saved"))
    return redirect_for(request, company_url("orders:settings-calendar") + "#holidays")


@requires(P.SETTINGS_MANAGE)
@require_POST
def holidays_of_year(request: CompanyRequest) -> HttpResponse:
    """Add the public holidays of a year, called in the company's language."""
    form = YearForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    with translation.override(request.company.language):
        days = dict(list_holidays(form.cleaned_data["year"]))
    count = configure.add_holidays(days=days, **_who(request))
    text = ngettext("%(n)s holiday added", "%(n)s holidays added", count) % {"n": count}
    flash(request, text if count else _("All of them are there already."))
    return redirect_for(request, company_url("orders:settings-calendar") + "#holidays")


@requires(P.SETTINGS_MANAGE)
@require_POST
def holiday_remove(request: CompanyRequest, holiday_id: int) -> HttpResponse:
    row = configure.remove_holiday(holiday_id=holiday_id, **_who(request))
    if row is None:
        raise Http404
    flash(request, _("Removed: %(name)s") % {"name": row.name})
    return redirect_for(request, company_url("orders:settings-calendar") + "#holidays")
