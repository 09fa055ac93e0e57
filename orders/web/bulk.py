"""Bulk changes of the table: what would come of one, the job that does it, and its report."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.fields.models import FieldDefinition, FieldType, Kind
from crm.fields.web.inputs import CustomField
from crm.jobs.actions import JobRefused, start_job
from crm.jobs.kinds import kind_of
from crm.jobs.limits import MAX_ROWS
from crm.jobs.models import OPEN_STATES, Job
from crm.jobs.selectors import list_rows, visible_jobs
from crm.jobs.web.views import offers_file, present_undo
from crm.shell.formats import number_text
from crm.shell.responses import toast
from orders.bulk.changes import Assign, Change, Move, SetField, Tag
from orders.bulk.preview import make_preview
from orders.bulk.selection import Selection
from orders.edits import custom_code
from orders.models import CancelReason, PaymentMethod, Status
from orders.pipeline import Stage
from orders.web.filters import read_id

EXPORT = "orders.export"
SHOWN = 5  # refusals told over the list; the rest are on the job's page


@requires(Permission.ORDERS_VIEW)
@require_POST
def preview(request: CompanyRequest) -> HttpResponse:
    """What the change would do to the chosen orders, by reason; nothing is written."""
    try:
        change = _read_allowed(request)
    except Unreadable as wrong:
        return _say(wrong)
    selection = Selection.read(request.POST)
    found = make_preview(change, selection, viewer=_me(request), now=timezone.now())
    context = {
        "preview": found,
        "label": change.label,
        "icon_name": change.icon,
        "about": change.describe(),
        "asked": _carried(request.POST),
        "too_many": _too_many() if found.too_many else "",
    }
    return render(request, "orders/_bulk_preview.html", context)


@requires(Permission.ORDERS_VIEW)
@require_POST
def bulk(request: CompanyRequest) -> HttpResponse:
    """Start the job for the ticked orders, or for all that the filters find when it runs."""
    try:
        change = _read_allowed(request)
    except Unreadable as wrong:
        return _say(wrong)
    return _start(
        request,
        kind=change.kind,
        params={"change": change.params},
        selection=Selection.read(request.POST),
    )


@requires(Permission.DATA_EXPORT)
@require_POST
def export(request: CompanyRequest) -> HttpResponse:
    """Start the job that writes the chosen orders into a file."""
    params = {"format": "xlsx" if request.POST.get("format") == "xlsx" else "csv"}
    return _start(request, kind=EXPORT, params=params, selection=Selection.read(request.POST))


def _start(
    request: CompanyRequest, *, kind: str, params: dict[str, Any], selection: Selection
) -> HttpResponse:
    """Start a job for a selection, and answer with its report for the place over the list."""
    me, now = _me(request), timezone.now()
    # Only work by rows has a limit of them: the rest need not be listed to be counted.
    found = selection.find(viewer=me, now=now)
    expected = found.count() if kind == EXPORT else len(selection.find_ids(viewer=me, now=now))
    try:
        job = start_job(
            kind=kind,
            params={**params, "selection": selection.to_json()},
            member=me,
            now=now,
            expected=expected,
        )
    except JobRefused as refusal:
        text = _too_many() if refusal.code == "too_many_rows" else _("Choose at least one order.")
        return _say(text)
    return render(request, "orders/_bulk_report.html", report_of(job, me))


def _too_many() -> str:
    text = ngettext(
        "Too many at once: %(n)s order at most.",
        "Too many at once: %(n)s orders at most.",
        MAX_ROWS,
    )
    return text % {"n": number_text(MAX_ROWS)}


def _say(why: object) -> HttpResponse:
    """Why nothing was done, over the list as it is."""
    return toast(HttpResponse(status=204), str(why), level="warning")


def _read_allowed(request: CompanyRequest) -> Change:
    """The change that the form asks for, where the member may make it. Raises Unreadable."""
    change = _read(request.POST)
    if not _me(request).can(change.permission):
        raise PermissionDenied
    return change


def _read(data: QueryDict) -> Change:
    """The change that the form asks for; 404 for what no form of ours says."""
    match data.get("do"):
        case "move":
            status = Status.objects.filter(pk=read_id(data.get("status")), is_active=True).first()
            if status is None or status.stage in {Stage.CANCELLED, Stage.RETURNED}:
                raise Http404
            return Move({"status": status.pk})
        case "cancel":
            reason = CancelReason.objects.filter(
                pk=read_id(data.get("reason")), is_active=True
            ).first()
            status = Status.objects.filter(stage=Stage.CANCELLED, is_default=True).first()
            if reason is None or status is None:
                raise Http404
            return Move({"status": status.pk, "reason": reason.pk})
        case "assign":
            manager = read_id(data.get("manager")) or None
            if manager and not Membership.objects.filter(pk=manager, is_active=True).exists():
                raise Http404
            return Assign({"manager": manager})
        case "tag" | "untag" as verb:
            name = " ".join(data.get("tag", "").split())[:40]
            if not name:
                raise Http404
            return Tag({"add" if verb == "tag" else "remove": [name]})
        case "field":
            return _read_field(data)
    raise Http404


class Unreadable(Exception):
    """What was typed for the change can't be so; its text says why."""


def _read_own(data: QueryDict, name: str) -> SetField:
    """A field of the company's own: what its form field makes of what was typed."""
    definition = FieldDefinition.objects.filter(
        kind=Kind.ORDER, code=custom_code(name), is_archived=False
    ).first()
    if definition is None:
        raise Http404
    control = CustomField(definition)
    typed = data.getlist(f"value_{name}")
    try:
        value = control.clean(typed if definition.type == FieldType.CHOICES else (typed or [""])[0])
    except ValidationError as error:
        raise Unreadable(f"{definition.name}: {error.messages[0]}") from None
    return SetField({"field": name, "value": value})


def _read_field(data: QueryDict) -> SetField:
    name = data.get("field", "")
    if custom_code(name):
        return _read_own(data, name)
    value = data.get(f"value_{name}", data.get("value", "")).strip()
    if name not in SetField.FIELDS:
        raise Http404
    if name == "ship_date" and value:
        try:
            value = date.fromisoformat(value).isoformat()
        except ValueError as error:
            raise Http404 from error
    if name == "payment_method" and value not in PaymentMethod.values:
        raise Http404
    return SetField({"field": name, "value": value[:2000] or None})


def _carried(data: QueryDict) -> list[tuple[str, str]]:
    """What the form of the preview sends on: the change and the choice."""
    left_out = {"orders", "csrfmiddlewaretoken"}
    pairs = [(name, value) for name in data if name not in left_out for value in data.getlist(name)]
    ids = ",".join(data.getlist("orders"))
    return [*pairs, ("ids", ids)] if ids else pairs


@requires(Permission.ORDERS_VIEW)
@require_GET
def bulk_report(request: CompanyRequest, job_id: int) -> HttpResponse:
    """How far the job is, and what it refused."""
    me = _me(request)
    job = visible_jobs(me).filter(pk=job_id).first()
    if job is None:
        raise Http404
    return render(request, "orders/_bulk_report.html", report_of(job, me))


def running_job(me: Membership) -> dict[str, Any] | None:
    """The report of the member's bulk job that runs now, to be found again over the list."""
    job = Job.objects.filter(
        created_by=me, state__in=OPEN_STATES, kind__startswith="orders."
    ).first()
    return report_of(job, me) if job is not None else None


def report_of(job: Job, me: Membership) -> dict[str, Any]:
    """What the report over the list shows. Five queries at most."""
    kind = kind_of(job.kind)
    refused = list_rows(job, failed=True)[0] if job.failed else []
    return {
        "job": job,
        "label": kind.label if kind else job.kind,
        "about": kind.describe(job) if kind else "",
        "worked": job.worked,
        "refused": refused[:SHOWN],
        "more": job.failed - len(refused[:SHOWN]),
        "by_rows": kind is None or kind.run_piece is None,
        "has_file": kind is not None and offers_file(job, kind, me),
        **present_undo(job, me),
    }


def _me(request: CompanyRequest) -> Membership:
    return request.membership
