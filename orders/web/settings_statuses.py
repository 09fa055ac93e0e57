"""Settings: the company's statuses inside the fixed stages."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.shell.responses import render_page, toast
from orders.actions import configure
from orders.errors import OrderError
from orders.models import Status
from orders.pipeline import Stage
from orders.stages import STAGE_LABELS
from orders.web.settings_forms import StatusForm
from orders.wording import error_text

P = Permission


@requires(P.SETTINGS_MANAGE)
@require_GET
def statuses(request: HttpRequest) -> HttpResponse:
    """The stages with their statuses. One query."""
    return _show(request)


def _show(request: HttpRequest, *, status: int = 200) -> HttpResponse:
    rows = list(Status.objects.order_by("stage", "position", "id"))
    stages = [
        {
            "word": stage.word,
            "label": STAGE_LABELS[stage],
            "statuses": [row for row in rows if row.stage == stage],
        }
        for stage in Stage
    ]
    return render_page(
        request,
        "orders/settings/statuses.html",
        {"stages": stages},
        fragment="orders/settings/_statuses.html",
        status=status,
    )


def _get(status_id: int) -> Status:
    status = Status.objects.filter(pk=status_id).first()
    if status is None:
        raise Http404
    return status


def _form(request: HttpRequest, form: StatusForm, *, status: int = 200, **more: Any) -> Any:
    context = {"form": form, **more}
    return render(request, "orders/settings/_status_form.html", context, status=status)


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def status_new(request: HttpRequest, stage: str) -> HttpResponse:
    """A new status of a stage."""
    try:
        target = Stage.from_word(stage)
    except KeyError:
        raise Http404 from None
    more: dict[str, Any] = {"stage": stage, "stage_label": STAGE_LABELS[target]}
    if request.method == "GET":
        form = StatusForm(initial={"color": "gray", "icon": "circle"})
        return _form(request, form, **more)
    form = StatusForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=422, **more)
    try:
        configure.add_status(stage=target, **form.cleaned_data, **_who(request))
    except OrderError as refusal:
        form.add_error(refusal.field or None, error_text(refusal))
        return _form(request, form, status=422, **more)
    return _swap_all(_show(request))


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def status_edit(request: HttpRequest, status_id: int) -> HttpResponse:
    """Name, colour, icon and limit of a status."""
    row = _get(status_id)
    more: dict[str, Any] = {"row": row, "stage_label": STAGE_LABELS[Stage(row.stage)]}
    if request.method == "GET":
        fields = ("name", "color", "icon", "hours_limit")
        return _form(request, StatusForm(initial={f: getattr(row, f) for f in fields}), **more)
    form = StatusForm(request.POST)
    if not form.is_valid():
        return _form(request, form, status=422, **more)
    try:
        configure.edit_status(status_id=row.pk, values=form.cleaned_data, **_who(request))
    except OrderError as refusal:
        form.add_error(refusal.field or None, error_text(refusal))
        return _form(request, form, status=422, **more)
    return _swap_all(_show(request))


@requires(P.SETTINGS_MANAGE)
@require_POST
def status_do(request: HttpRequest, status_id: int, verb: str) -> HttpResponse:
    """up, down, default, off, on."""
    row = _get(status_id)
    try:
        if verb in {"up", "down"}:
            rows = Status.objects.filter(stage=row.stage).order_by("position", "id")
            ids = move_in_list(list(rows.values_list("pk", flat=True)), row.pk, verb)
            configure.order_statuses(ids=ids, **_who(request))
        elif verb == "default":
            configure.make_default_status(status_id=row.pk, **_who(request))
        elif verb in {"on", "off"}:
            configure.use_status(status_id=row.pk, is_active=verb == "on", **_who(request))
        else:
            raise Http404
    except OrderError as refusal:
        return toast(_show(request, status=409), error_text(refusal), level="warning")
    return _show(request)


def move_in_list(ids: list[int], one: int, verb: str) -> list[int]:
    """Return the ids with one of them a place up or down."""
    index = ids.index(one)
    other = index + (-1 if verb == "up" else 1)
    if 0 <= other < len(ids):
        ids[index], ids[other] = ids[other], ids[index]
    return ids


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}  # type: ignore[attr-defined]


def _swap_all(response: HttpResponse) -> HttpResponse:
    """The form stood in a row; what comes back is the whole list."""
    response["HX-Retarget"] = "#statuses"
    response["HX-Reswap"] = "outerHTML"
    return response
