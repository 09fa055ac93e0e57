"""Importing: choose a file, name its columns, see what would happen, do it, take it back."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.downloads import send_file
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page
from integrations.imports.actions.forgetting import KEEP_FOR
from integrations.imports.actions.upload import (
    ImportRefused,
    begin_import,
    change_layout,
    set_mapping,
)
from integrations.imports.actions.work import (
    discard_import,
    settle,
    start_check,
    start_run,
    start_undo,
)
from integrations.imports.kinds.registry import KINDS
from integrations.imports.models import Import, ImportState
from integrations.imports.reading.errors import FileRefused
from integrations.imports.result import write_result
from integrations.imports.selectors import has_file, list_imports
from integrations.imports.web.forms import FileForm, LayoutForm, OptionsForm
from integrations.imports.web.present import present_import, present_row
from integrations.imports.words import FILE_REFUSALS

allowed = requires(Permission.DATA_IMPORT)
_OVER = {ImportState.RUNNING, ImportState.UNDOING, ImportState.CHECKING}


@require_GET
@allowed
def imports(request: CompanyRequest) -> HttpResponse:
    """What was imported, and where the next begins."""
    before = request.GET.get("before", "")
    rows, older = list_imports(
        before=int(before) if before.isdecimal() and len(before) < 19 else None
    )
    context = {
        "kinds": list(KINDS.values()),
        "rows": [present_row(run) for run in rows],
        "older": older,
    }
    return render_page(request, "integrations/imports/list.html", context)


@require_http_methods(["GET", "POST"])
@allowed
def upload(request: CompanyRequest, kind: str) -> HttpResponse:
    """Take a file in."""
    if kind not in KINDS:
        raise Http404
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            made = begin_import(
                kind=kind,
                file_name=file.name,
                pieces=file.chunks(),
                member=request.membership,
                now=timezone.now(),
            )
        except FileRefused as refusal:
            form.add_error("file", str(FILE_REFUSALS[refusal.code]))
        else:
            return redirect_for(request, company_url("imports:detail", import_id=made.pk))
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "kind": KINDS[kind], "keep_days": KEEP_FOR.days}
    return render_page(request, "integrations/imports/upload.html", context, status=status)


@require_GET
@allowed
def detail(request: CompanyRequest, import_id: int) -> HttpResponse:
    """The import where it stands: columns, check, preview, progress or outcome."""
    run = _get(import_id)
    if run.state in _OVER:
        run = settle(import_id=run.pk)
    forms = _forms(request, run)
    context = present_import(run) | forms | {"mapping_rows": _mapping_rows(run, run.mapping)}
    if request.GET.get("step") == "columns" and run.state in {
        ImportState.READY,
        ImportState.FAILED,
    }:
        context["step"] = "columns"
    return render_page(
        request,
        "integrations/imports/detail.html",
        context,
        fragment="integrations/imports/_detail.html",
    )


@require_POST
@allowed
def columns(request: CompanyRequest, import_id: int) -> HttpResponse:
    """Keep what the columns hold and have the file checked."""
    run = _get(import_id)
    mapping = [request.POST.get(f"column-{place}", "") for place in range(len(run.headers))]
    options = OptionsForm(request.POST, run, request.company.currency)
    error = ""
    if options.is_valid():
        try:
            set_mapping(
                import_id=run.pk,
                mapping=mapping,
                options=options.cleaned_data,
                actor=request.actor,
                now=timezone.now(),
            )
            start_check(import_id=run.pk, member=request.membership, now=timezone.now())
            return redirect_for(request, company_url("imports:detail", import_id=run.pk))
        except ImportRefused as refusal:
            error = _refusal(refusal)
    context = present_import(run) | {
        "step": "columns",
        "options": options,
        "layout_form": LayoutForm(None, run),
        "mapping_rows": _mapping_rows(run, mapping),
        "mapping_error": error,
    }
    return render_page(request, "integrations/imports/detail.html", context, status=422)


@require_POST
@allowed
def layout(request: CompanyRequest, import_id: int) -> HttpResponse:
    """Read the file's head in another way."""
    run = _get(import_id)
    form = LayoutForm(request.POST, run)
    if form.is_valid():
        try:
            change_layout(import_id=run.pk, changes=form.changes())
        except FileRefused as refusal:
            flash(request, str(FILE_REFUSALS[refusal.code]), level="error")
        except ImportRefused as refusal:
            flash(request, _refusal(refusal), level="error")
    else:
        flash(request, _("Check the values"), level="error")
    return redirect_for(request, company_url("imports:detail", import_id=run.pk))


@require_POST
@allowed
def start(request: CompanyRequest, import_id: int) -> HttpResponse:
    """Bring the file in."""
    return _work(request, import_id, start_run)


@require_POST
@allowed
def undo(request: CompanyRequest, import_id: int) -> HttpResponse:
    """Take the import back."""
    return _work(request, import_id, start_undo)


@require_POST
@allowed
def discard(request: CompanyRequest, import_id: int) -> HttpResponse:
    """Throw the file away."""
    run = _get(import_id)
    try:
        discard_import(import_id=run.pk, actor=request.actor, now=timezone.now())
    except ImportRefused as refusal:
        flash(request, _refusal(refusal), level="error")
        return redirect_for(request, company_url("imports:detail", import_id=run.pk))
    flash(request, _("The file was thrown away. Nothing was imported."))
    return redirect_for(request, company_url("imports:list"))


@require_GET
@allowed  # type: ignore[arg-type]
def rows_file(request: CompanyRequest, import_id: int) -> StreamingHttpResponse:
    """Every row with its outcome."""
    return _file(request, import_id, only_wrong=False)


@require_GET
@allowed  # type: ignore[arg-type]
def errors_file(request: CompanyRequest, import_id: int) -> StreamingHttpResponse:
    """The rows that did not come in, with why."""
    return _file(request, import_id, only_wrong=True)


def _file(request: HttpRequest, import_id: int, *, only_wrong: bool) -> StreamingHttpResponse:
    run = _get(import_id)
    if not has_file(run):
        raise Http404
    stem = get_valid_filename(run.file_name.rsplit(".", 1)[0] or "import")
    ending = "errors" if only_wrong else "result"
    file = write_result(run, only_wrong=only_wrong)
    return send_file(request, file, f"{stem}-{ending}.csv")


def _work(request: CompanyRequest, import_id: int, action: Any) -> HttpResponse:
    run = _get(import_id)
    try:
        action(import_id=run.pk, member=request.membership, now=timezone.now())
    except ImportRefused as refusal:
        flash(request, _refusal(refusal), level="error")
    return redirect_for(request, company_url("imports:detail", import_id=run.pk))


def _forms(request: CompanyRequest, run: Import) -> dict[str, Any]:
    currency = request.company.currency
    return {"options": OptionsForm(None, run, currency), "layout_form": LayoutForm(None, run)}


def _mapping_rows(run: Import, mapping: list[str]) -> list[dict[str, Any]]:
    """A row for each column of the file: its name, some values, the field it was given."""
    rows = []
    for place, header in enumerate(run.headers):
        values = dict.fromkeys(row[place] for row in run.samples if place < len(row) and row[place])
        rows.append(
            {
                "place": place,
                "header": header,
                "values": list(values)[:3],
                "field": mapping[place] if place < len(mapping) else "",
            }
        )
    return rows


def _refusal(refusal: ImportRefused) -> str:
    missing = ", ".join(map(str, refusal.missing))
    if refusal.code == "fields_missing":
        return _("No column was given for: %(missing)s.") % {"missing": missing}
    if refusal.code == "field_twice":
        return _("Two columns can't both be: %(missing)s.") % {"missing": missing}
    if refusal.code == "wrong_state":
        return _("The import has gone on meanwhile: look at the page anew.")
    return _("Check the values")


def _get(import_id: int) -> Import:
    return get_object_or_404(
        Import.objects.select_related("created_by", "check_job", "run_job", "undo_job"),
        pk=import_id,
    )
