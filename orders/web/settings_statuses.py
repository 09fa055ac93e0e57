"""Settings: the company's statuses inside the fixed stages, and which may follow which."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.actions.profile import get_profile
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.audit.changes import StaleSettings
from crm.fields.models import Kind
from crm.fields.selectors import list_definitions
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page, toast
from crm.shell.stale import say_stale
from orders.actions import configure_statuses as configure
from orders.errors import OrderError
from orders.models import Status
from orders.pipeline import Stage
from orders.selectors.statuses import count_standing, list_statuses
from orders.stages import STAGE_LABELS
from orders.web.settings_forms import ArchiveForm, StatusForm, rule_names
from orders.wording import error_text

P = Permission


@requires(P.SETTINGS_MANAGE)
@require_GET
def statuses(request: CompanyRequest) -> HttpResponse:
    """The stages with their statuses. Two queries, and one where a status asks for own fields."""
    return _show(request)


def _show(request: HttpRequest, *, status: int = 200) -> HttpResponse:
    rows = list_statuses()
    archived = [row.pk for row in rows if not row.is_active]
    standing = count_standing(archived) if archived else {}
    names = rule_names(code for row in rows for code in row.required)
    stages = [
        {
            "word": stage.word,
            "label": STAGE_LABELS[stage],
            "statuses": [
                {
                    "row": row,
                    "asks": [names[code] for code in row.required if code in names],
                    "standing": standing.get(row.pk, 0),
                }
                for row in rows
                if row.stage == stage
            ],
            "live": sum(row.stage == stage and row.is_active for row in rows),
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
def status_new(request: CompanyRequest, stage: str) -> HttpResponse:
    """A new status of a stage."""
    try:
        target = Stage.from_word(stage)
    except KeyError:
        raise Http404 from None
    more: dict[str, Any] = {"stage": stage, "stage_label": STAGE_LABELS[target]}
    languages, own = _languages(request), list_definitions(Kind.ORDER)
    if request.method == "GET":
        initial = {"color": "gray", "icon": "circle"}
        return _form(request, StatusForm(initial=initial, languages=languages, own=own), **more)
    form = StatusForm(request.POST, languages=languages, own=own)
    if not form.is_valid():
        return _form(request, form, status=422, **more)
    try:
        configure.add_status(stage=target, values=form.values(), **_who(request))
    except OrderError as refusal:
        form.add_error(refusal.field or None, error_text(refusal))
        return _form(request, form, status=422, **more)
    return _swap_all(_show(request))


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def status_edit(request: CompanyRequest, status_id: int) -> HttpResponse:
    """Names, colour, icon, limit and what is asked for."""
    row = _get(status_id)
    more: dict[str, Any] = {"row": row, "stage_label": STAGE_LABELS[Stage(row.stage)]}
    languages, own = _languages(request), list_definitions(Kind.ORDER)
    if request.method == "GET":
        form = StatusForm(initial=StatusForm.of(row), languages=languages, own=own)
        return _form(request, form, stamp=configure.status_stamp(row), **more)
    form = StatusForm(request.POST, languages=languages, own=own)
    more["stamp"] = request.POST.get("stamp", "")
    if not form.is_valid():
        return _form(request, form, status=422, **more)
    try:
        configure.edit_status(
            status_id=row.pk, values=form.values(row.names), expected=more["stamp"], **_who(request)
        )
    except OrderError as refusal:
        form.add_error(refusal.field or None, error_text(refusal))
        return _form(request, form, status=422, **more)
    except StaleSettings:
        row.refresh_from_db()
        say_stale(form, StatusForm.of(row))
        more["stamp"] = configure.status_stamp(row)
        return _form(request, form, status=409, **more)
    return _swap_all(_show(request))


@requires(P.SETTINGS_MANAGE)
@require_POST
def status_do(request: CompanyRequest, status_id: int, verb: str) -> HttpResponse:
    """up, down, default, restore."""
    row = _get(status_id)
    try:
        if verb in {"up", "down"}:
            rows = Status.objects.filter(stage=row.stage).order_by("position", "id")
            ids = move_in_list(list(rows.values_list("pk", flat=True)), row.pk, verb)
            configure.order_statuses(ids=ids, **_who(request))
        elif verb == "default":
            configure.make_default_status(status_id=row.pk, **_who(request))
        elif verb == "restore":
            configure.restore_status(status_id=row.pk, **_who(request))
        else:
            raise Http404
    except OrderError as refusal:
        return toast(_show(request, status=409), error_text(refusal), level="warning")
    return _show(request)


@requires(P.SETTINGS_MANAGE)
@require_POST
def order(request: CompanyRequest) -> HttpResponse:
    """The statuses of one stage as they were dragged: `ids` from top to bottom."""
    ids = read_ids(request)
    try:
        configure.order_statuses(ids=ids, **_who(request))
    except OrderError as refusal:
        return toast(_show(request, status=409), error_text(refusal), level="warning")
    return _show(request)


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def archive(request: CompanyRequest, status_id: int) -> HttpResponse:
    """Where the orders of a status go, and its archiving."""
    row = _get(status_id)
    heirs = [
        other
        for other in list_statuses()
        if other.stage == row.stage and other.is_active and other.pk != row.pk
    ]
    count = count_standing([row.pk]).get(row.pk, 0)
    form = ArchiveForm(request.POST or None, heirs=heirs)
    code = 200
    if request.method == "POST":
        code = 422
        if form.is_valid():
            try:
                _status, job = configure.retire_status(
                    status_id=row.pk,
                    heir_id=form.cleaned_data["heir"],
                    member=request.membership,
                    now=timezone.now(),
                )
            except OrderError as refusal:
                form.add_error("heir", error_text(refusal))
            else:
                response = _swap_all(_show(request))
                if job is None:
                    return toast(response, _("Archived: %(name)s") % {"name": row.name})
                text = ngettext(
                    "Archived: %(name)s. %(n)s order is being moved.",
                    "Archived: %(name)s. %(n)s orders are being moved.",
                    count,
                ) % {"name": row.name, "n": count}
                return toast(response, text)
    context = {"row": row, "form": form, "heirs": heirs, "count": count}
    return render(request, "orders/settings/_archive_form.html", context, status=code)


# --- Allowed moves ---------------------------------------------------------------------------


@requires(P.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def moves(request: CompanyRequest) -> HttpResponse:
    """The grid of which status may follow which. One query."""
    rows = [row for row in list_statuses() if row.is_active]
    ticked = {row.pk: set(row.next_ids) for row in rows}
    mark, error, code = configure.moves_stamp(list_statuses()), "", 200
    if request.method == "POST":
        ticked = {
            row.pk: {other.pk for other in rows if f"{row.pk}-{other.pk}" in request.POST}
            for row in rows
        }
        try:
            configure.set_moves(
                allowed=ticked, expected=request.POST.get("stamp", ""), **_who(request)
            )
        except StaleSettings:
            error, code = _("A colleague has just saved this page: look again and save."), 409
        except OrderError as refusal:
            error, code = error_text(refusal), 422
        else:
            flash(request, _("Saved."))
            return redirect_for(request, company_url("orders:settings-moves"))
    grid = [
        {
            "row": row,
            "free": not ticked[row.pk],
            "possible": any(configure.can_follow(row, column) for column in rows),
            "cells": [
                {
                    "column": column,
                    "possible": configure.can_follow(row, column),
                    "on": column.pk in ticked[row.pk],
                    "same": row.pk == column.pk,
                }
                for column in rows
            ],
        }
        for row in rows
    ]
    context = {"columns": rows, "grid": grid, "stamp": mark, "error": error}
    return render_page(request, "orders/settings/moves.html", context, status=code)


def move_in_list(ids: list[int], one: int, verb: str) -> list[int]:
    """Return the ids with one of them a place up or down."""
    index = ids.index(one)
    other = index + (-1 if verb == "up" else 1)
    if 0 <= other < len(ids):
        ids[index], ids[other] = ids[other], ids[index]
    return ids


def read_ids(request: HttpRequest) -> list[int]:
    """The ids that a dragged list sends; what is no number is passed over."""
    return [int(value) for value in request.POST.getlist("ids") if value.isdecimal()][:500]


def _languages(request: CompanyRequest) -> list[str]:
    """The languages besides the company's own, in which statuses have names. One query."""
    own = request.company.language
    return [code for code in get_profile().languages if code != own]


def _who(request: CompanyRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}


def _swap_all(response: HttpResponse) -> HttpResponse:
    """The form stood in a row; what comes back is the whole list."""
    response["HX-Retarget"] = "#statuses"
    response["HX-Reswap"] = "outerHTML"
    return response
