"""Settings: the fields that a company adds to its orders, customers and products."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.audit.changes import StaleSettings
from crm.fields.actions import (
    MAX_FIELDS,
    MAX_OPTIONS,
    DefinitionError,
    archive_definition,
    create_definition,
    definition_stamp,
    edit_definition,
    order_definitions,
)
from crm.fields.models import FieldDefinition, Kind
from crm.fields.selectors import list_definitions
from crm.fields.web.forms import FieldForm
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page
from crm.shell.stale import say_stale

# The kinds of objects that have fields, with what their section says while it is empty.
SECTIONS: dict[str, Any] = {
    Kind.ORDER: gettext_lazy("Gift wrap, a contract number, the day of an event…"),
    Kind.CUSTOMER: gettext_lazy("Birthday, size, where they heard of you…"),
    Kind.PRODUCT: gettext_lazy("Material, country, a link to the supplier…"),
}
_ERRORS: dict[str, Any] = {
    "required": gettext_lazy("Fill this in."),
    "name_taken": gettext_lazy("This name is already there."),
    "bad_code": gettext_lazy("Small Latin letters, digits and _, a letter first."),
    "code_taken": gettext_lazy("This code is already there."),
    "no_options": gettext_lazy("A list needs at least one option."),
    "option_taken": gettext_lazy("Two options are called alike."),
    "too_many_options": gettext_lazy("A list has at most %(limit)s options."),
    "too_many_fields": gettext_lazy("There are at most %(limit)s fields."),
}
_LIMITS = {"too_many_options": MAX_OPTIONS, "too_many_fields": MAX_FIELDS}


@requires(Permission.SETTINGS_MANAGE)
@require_safe
def fields(request: CompanyRequest) -> HttpResponse:
    """The fields of each kind of object, those in use first. A query for each kind."""
    sections = [_section(kind) for kind in SECTIONS]
    return render_page(request, "fields/list.html", {"sections": sections})


def _section(kind: str) -> dict[str, Any]:
    return {
        "kind": str(kind),
        "title": Kind(kind).label,
        "empty": SECTIONS[kind],
        "rows": list_definitions(kind, archived=True),
    }


def _show_section(request: CompanyRequest, kind: str) -> HttpResponse:
    """What a change in place answers: the section to HTMX, the page to a browser."""
    if request.headers.get("HX-Request"):
        return render_page(
            request,
            "fields/list.html",
            {"section": _section(kind)},
            fragment="fields/_section.html",
        )
    return redirect_for(request, company_url("fields:list"))


@requires(Permission.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def new(request: CompanyRequest, kind: str) -> HttpResponse:
    if kind not in SECTIONS:
        raise Http404
    form = FieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = create_definition(
                kind=kind,
                name=data["name"],
                type=data["type"],
                code=data["code"],
                help=data["help"],
                required=data["required"],
                options=form.added,
                **_by(request),
            )
        except DefinitionError as error:
            _refuse(form, error)
        else:
            flash(request, _("Field “%(name)s” is made") % {"name": made.name})
            return redirect_for(request, company_url("fields:list"))
    return _show(request, form, kind)


@requires(Permission.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def edit(request: CompanyRequest, definition_id: int) -> HttpResponse:
    row = _get(definition_id)
    form = FieldForm(request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            edit_definition(
                definition_id=row.pk,
                name=data["name"],
                help=data["help"],
                required=data["required"],
                options=form.wanted,
                expected=request.POST.get("stamp"),
                **_by(request),
            )
        except DefinitionError as error:
            _refuse(form, error)
        except StaleSettings:
            theirs = {"name": row.name, "help": row.help, "required": row.required}
            say_stale(form, theirs)
            return _show(request, form, row.kind, status=409)
        else:
            flash(request, _("Saved"))
            return redirect_for(request, company_url("fields:list"))
    return _show(request, form, row.kind)


@requires(Permission.SETTINGS_MANAGE)
@require_POST
def do(request: CompanyRequest, definition_id: int, verb: str) -> HttpResponse:
    """up, down, off, on."""
    row = _get(definition_id)
    if verb in {"up", "down"}:
        ids = [other.pk for other in list_definitions(row.kind)]
        if row.pk not in ids:
            raise Http404
        here = ids.index(row.pk)
        there = here + (-1 if verb == "up" else 1)
        if 0 <= there < len(ids):
            ids[here], ids[there] = ids[there], ids[here]
        order_definitions(kind=row.kind, ids=ids, **_by(request))
    elif verb in {"off", "on"}:
        archive_definition(definition_id=row.pk, archived=verb == "off", **_by(request))
    else:
        raise Http404
    return _show_section(request, row.kind)


@requires(Permission.SETTINGS_MANAGE)
@require_POST
def order(request: CompanyRequest, kind: str) -> HttpResponse:
    """The fields as they were dragged."""
    if kind not in SECTIONS:
        raise Http404
    ids = [int(pk) for pk in request.POST.getlist("ids") if pk.isdigit() and len(pk) < 19]
    order_definitions(kind=kind, ids=ids, **_by(request))
    return _show_section(request, kind)


def _get(definition_id: int) -> FieldDefinition:
    row = FieldDefinition.objects.filter(pk=definition_id, kind__in=list(SECTIONS)).first()
    if row is None:
        raise Http404
    return row


def _refuse(form: FieldForm, error: DefinitionError) -> None:
    field = "labels" if error.field == "options" else error.field
    text = str(_ERRORS[error.code]) % {"limit": _LIMITS.get(error.code, "")}
    form.add_error(field if field in form.fields else None, text)


def _show(request: CompanyRequest, form: FieldForm, kind: str, *, status: int = 0) -> HttpResponse:
    status = status or (422 if request.method == "POST" else 200)
    typed = request.POST.get("stamp", "")
    context = {
        "form": form,
        "row": form.row,
        "kind": Kind(kind).label,
        # After a colleague's save it is theirs: what was seen may be written over.
        "stamp": definition_stamp(form.row) if form.row and status != 422 else typed,
    }
    return render_page(request, "fields/field.html", context, status=status)


def _by(request: CompanyRequest) -> dict[str, Any]:
    return {"actor": request.actor, "now": timezone.now()}
