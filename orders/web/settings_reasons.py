"""Settings: why orders are cancelled and why goods come back; two lists of one kind."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.audit.changes import StaleSettings, stamp_of
from crm.shell.responses import render_page, toast
from orders.actions import configure
from orders.errors import OrderError
from orders.models import CancelReason, ReturnReason
from orders.web.settings_forms import ReasonNameForm
from orders.web.settings_statuses import move_in_list, read_ids
from orders.wording import error_text

P = Permission
LISTS: dict[str, type[configure.Reason]] = {"cancel": CancelReason, "return": ReturnReason}


def _model(kind: str) -> type[configure.Reason]:
    if kind not in LISTS:
        raise Http404
    return LISTS[kind]


def _who(request: CompanyRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def reasons(request: CompanyRequest, kind: str = "cancel") -> HttpResponse:
    """Both lists; a POST adds to the one that the address names. Two queries."""
    model = _model(kind)
    if request.method == "GET":
        return _show(request, kind)
    form = ReasonNameForm(request.POST)
    if not form.is_valid():
        return _show(request, kind, form, status=422)
    try:
        configure.add_reason(name=form.cleaned_data["name"], model=model, **_who(request))
    except OrderError as refusal:
        form.add_error("name", error_text(refusal))
        return _show(request, kind, form, status=422)
    return _show(request, kind)


def _show(
    request: HttpRequest, kind: str, form: ReasonNameForm | None = None, *, status: int = 200
) -> HttpResponse:
    lists = {
        key: {
            "kind": key,
            "rows": [
                {"row": row, "stamp": stamp_of(row, ["name"])}
                for row in model.objects.order_by("-is_active", "position", "id")
            ],
            "form": form if form and key == kind else ReasonNameForm(),
        }
        for key, model in LISTS.items()
    }
    return render_page(
        request,
        "orders/settings/reasons.html",
        {"lists": lists, "list": lists[kind]},
        fragment="orders/settings/_reasons.html",
        status=status,
    )


@requires(P.SETTINGS_MANAGE)
@require_POST
def reason_do(request: CompanyRequest, kind: str, reason_id: int, verb: str) -> HttpResponse:
    """rename, up, down, off, on."""
    model = _model(kind)
    more: dict[str, Any] = {**_who(request), "model": model}
    if not model.objects.filter(pk=reason_id).exists():
        raise Http404
    try:
        if verb == "rename":
            values: dict[str, Any] = {"name": request.POST.get("name", "")[:80]}
            mark = request.POST.get("stamp")
            configure.edit_reason(reason_id=reason_id, values=values, expected=mark, **more)
        elif verb in {"on", "off"}:
            values = {"is_active": verb == "on"}
            configure.edit_reason(reason_id=reason_id, values=values, **more)
        elif verb in {"up", "down"}:
            rows = model.objects.filter(is_active=True).order_by("position", "id")
            ids = list(rows.values_list("pk", flat=True))
            if reason_id not in ids:
                raise Http404
            configure.order_reasons(ids=move_in_list(ids, reason_id, verb), **more)
        else:
            raise Http404
    except OrderError as refusal:
        return toast(_show(request, kind, status=409), error_text(refusal), level="warning")
    except StaleSettings:
        text = _("A colleague has just renamed it: look again.")
        return toast(_show(request, kind, status=409), text, level="warning")
    return _show(request, kind)


@requires(P.SETTINGS_MANAGE)
@require_POST
def reason_order(request: CompanyRequest, kind: str) -> HttpResponse:
    """The reasons as they were dragged."""
    configure.order_reasons(ids=read_ids(request), model=_model(kind), **_who(request))
    return _show(request, kind)
