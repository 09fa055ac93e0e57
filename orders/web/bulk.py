"""Bulk actions of the table: a job for the ticked orders, and its report over the list."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.jobs.actions import MAX_ROWS, JobRefused, start_job
from crm.jobs.kinds import kind_of
from crm.jobs.models import Job
from crm.jobs.selectors import list_rows, visible_jobs
from crm.shell.responses import toast
from orders import bulk as kinds
from orders.models import CancelReason, Status
from orders.pipeline import Stage
from orders.selectors.directory import read_directory
from orders.selectors.filters import filter_orders
from orders.selectors.visible import visible_orders
from orders.web.filters import read_filters, read_id

SHOWN = 5  # refusals told over the list; the rest are on the job's page


@requires(Permission.ORDERS_VIEW)
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Start the job for the ticked orders, or for all that the filters find."""
    me: Membership = request.membership  # type: ignore[attr-defined]
    kind, needed, params = _read(request.POST)
    if not me.can(needed):
        raise PermissionDenied
    try:
        job = start_job(
            kind=kind,
            params={"orders": _chosen(request, me), **params},
            member=me,
            now=timezone.now(),
        )
    except JobRefused as refusal:
        text = _("Choose at least one order.")
        if refusal.code == "too_many_rows":
            text = ngettext(
                "Too many at once: %(n)s order at most.",
                "Too many at once: %(n)s orders at most.",
                MAX_ROWS,
            ) % {"n": MAX_ROWS}
        return toast(HttpResponse(status=204), text, level="warning")
    return render(request, "orders/_bulk_report.html", _report(job))


def _read(data: QueryDict) -> tuple[str, Permission, dict[str, Any]]:
    match data.get("do"):
        case "move":
            status = Status.objects.filter(pk=read_id(data.get("status")), is_active=True).first()
            if status is None or status.stage == Stage.CANCELLED:
                raise Http404
            return kinds.MOVE, Permission.ORDERS_MOVE, {"status": status.pk}
        case "cancel":
            reason = CancelReason.objects.filter(
                pk=read_id(data.get("reason")), is_active=True
            ).first()
            status = Status.objects.filter(stage=Stage.CANCELLED, is_default=True).first()
            if reason is None or status is None:
                raise Http404
            params = {"status": status.pk, "reason": reason.pk}
            return kinds.MOVE, Permission.ORDERS_CANCEL, params
        case "assign":
            return (
                kinds.ASSIGN,
                Permission.ORDERS_ASSIGN,
                {"manager": read_id(data.get("manager")) or None},
            )
        case "tag" | "untag" as verb:
            name = " ".join(data.get("tag", "").split())[:40]
            if not name:
                raise Http404
            return kinds.TAG, Permission.ORDERS_EDIT, {"add" if verb == "tag" else "remove": [name]}
    raise Http404


def _chosen(request: HttpRequest, me: Membership) -> list[int]:
    if request.POST.get("all") != "1":
        asked = [pk for pk in map(read_id, request.POST.getlist("orders")) if pk]
        seen = set(visible_orders(me).filter(id__in=asked).values_list("id", flat=True))
        return [pk for pk in asked if pk in seen]
    now = timezone.now()
    directory = read_directory()
    query = QueryDict(request.POST.get("query", ""))
    filters = read_filters(query, directory=directory, me=me, today=timezone.localdate(now))
    found = filter_orders(filters, viewer=me, directory=directory, now=now)
    found = found.order_by("-placed_at", "-id")
    return list(found.values_list("id", flat=True)[: MAX_ROWS + 1])


@requires(Permission.ORDERS_VIEW)
@require_GET
def bulk_report(request: HttpRequest, job_id: int) -> HttpResponse:
    """How far the job is, and what it refused."""
    job = visible_jobs(request.membership).filter(pk=job_id).first()  # type: ignore[attr-defined]
    if job is None:
        raise Http404
    return render(request, "orders/_bulk_report.html", _report(job))


def _report(job: Job) -> dict[str, Any]:
    kind = kind_of(job.kind)
    refused = list_rows(job, failed=True)[0] if job.failed else []
    return {
        "job": job,
        "label": kind.label if kind else job.kind,
        "worked": job.done + job.failed,
        "refused": refused[:SHOWN],
        "more": job.failed - len(refused[:SHOWN]),
    }
