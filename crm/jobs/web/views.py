"""Background work: the list, and one job with its progress and what became of each row."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from crm.accounts.access import ANY_MEMBER, requires
from crm.accounts.models import Membership
from crm.accounts.requests import CompanyRequest
from crm.jobs.actions import JobRefused, stop_job
from crm.jobs.files import copy_file, has_file
from crm.jobs.kinds import JobKind, kind_of
from crm.jobs.limits import FILE_FOR, MAX_ROWS, UNDO_FOR
from crm.jobs.models import Job, JobState
from crm.jobs.selectors import list_jobs, list_rows, visible_jobs
from crm.jobs.undo import preview_undo, refuse_undo, rows_to_undo, start_undo
from crm.shell.downloads import send_file
from crm.shell.formats import number_text
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page

# The colour and the icon of each state.
BADGES = {
    JobState.QUEUED: ("gray", "clock"),
    JobState.RUNNING: ("blue", "loader"),
    JobState.DONE: ("green", "circle-check"),
    JobState.FAILED: ("red", "circle-x"),
    JobState.CANCELLED: ("gray", "circle-stop"),
}
# Why a job ended before its end.
ERRORS = {
    "unknown_kind": gettext_lazy("No part of the product does this work any more."),
    "forbidden": gettext_lazy("You are no longer allowed to do this."),
    "broke": gettext_lazy("Something broke on our side. Nothing was changed."),
    "gone": gettext_lazy("What it should be changed to is no longer there."),
    "too_many_rows": gettext_lazy("More was found than one job may take: narrow the filter."),
}
NO_UNDO = {
    "too_late": gettext_lazy("It could be taken back for 24 hours."),
    "being_undone": gettext_lazy("It is being taken back already."),
    "nothing_to_undo": gettext_lazy("There is nothing left to take back."),
    "still_running": gettext_lazy("It is still running: stop it first."),
    "forbidden": gettext_lazy("You are not allowed to do this."),
    "no_undo": gettext_lazy("This can’t be taken back."),
}


@requires(ANY_MEMBER)
@require_safe
def jobs(request: CompanyRequest) -> HttpResponse:
    """The member's jobs; all of the company for who keeps its settings."""
    found, before = list_jobs(_member(request), before=_number(request, "before"))
    me = _member(request)
    context = {"rows": [_present(job, me) for job in found], "before": before}
    return render_page(request, "jobs/list.html", context, fragment="jobs/_table.html")


@requires(ANY_MEMBER)
@require_safe
def job(request: CompanyRequest, job_id: int) -> HttpResponse:
    """One job; it renews itself while it runs."""
    found = _get(request, job_id)
    failed = request.GET.get("rows") == "failed"
    rows, after = list_rows(found, failed=failed, after=_number(request, "after"))
    context = {
        **_present(found, _member(request)),
        **present_undo(found, _member(request)),
        "rows": rows,
        "after": after,
        "only_failed": failed,
    }
    return render_page(request, "jobs/job.html", context, fragment="jobs/_job.html")


@requires(ANY_MEMBER)
@require_POST
def stop(request: CompanyRequest, job_id: int) -> HttpResponse:
    """Stop a job after the row it is at."""
    found = _get(request, job_id)
    kind = kind_of(found.kind)
    if kind is not None and not kind.stoppable:
        flash(request, _("This work can’t be stopped: it is done as a whole."), level="warning")
        return redirect_for(request, company_url("jobs:job", job_id=found.pk))
    stop_job(job_id=found.pk, actor=request.actor, now=timezone.now())
    flash(request, _("Stopped. What was done stays done."))
    return redirect_for(request, company_url("jobs:job", job_id=found.pk))


@requires(ANY_MEMBER)
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: CompanyRequest, job_id: int) -> HttpResponse:
    """What taking a job back would do; and the start of it."""
    found = _get(request, job_id)
    me, now = _member(request), timezone.now()
    if request.method == "POST":
        try:
            started = start_undo(job_id=found.pk, member=me, now=now)
        except JobRefused as refusal:
            flash(request, str(NO_UNDO.get(refusal.code, NO_UNDO["no_undo"])), level="warning")
            return redirect_for(request, company_url("jobs:job", job_id=found.pk))
        return redirect_for(request, company_url("jobs:job", job_id=started.pk))
    code = refuse_undo(found, member=me, now=now)
    context = {
        **_present(found, me),
        "refusal": NO_UNDO.get(code, ""),
        "preview": None if code else preview_undo(found),
    }
    return render_page(request, "jobs/undo.html", context, panel="jobs/_undo_panel.html")


@requires(ANY_MEMBER)
@require_safe
def file(request: CompanyRequest, job_id: int) -> HttpResponse:
    """The file that a job has made, for who started it and may still read it."""
    found = _get(request, job_id)
    kind = kind_of(found.kind)
    theirs = request.viewing is None  # an owner who looks through a member's eyes asked for nothing
    offered = kind is not None and theirs and offers_file(found, kind, _member(request))
    if kind is None or not (offered and has_file(found)):
        flash(request, _("There is no file here, or no longer."), level="warning")
        return redirect_for(request, company_url("jobs:job", job_id=found.pk))
    return send_file(request, copy_file(found), kind.file_name(found))  # type: ignore[return-value]


def offers_file(job: Job, kind: JobKind, me: Membership) -> bool:
    """Whether the job made a file that is this member's to read."""
    if job.created_by_id != me.pk or job.state != JobState.DONE or not kind.file_name(job):
        return False
    return kind.may_read(me, job)


def present_undo(job: Job, me: Membership) -> dict[str, Any]:
    """Whether the job can be taken back, how much of it and until when. Three queries at most."""
    kind = kind_of(job.kind)
    if kind is None or kind.undo is None:
        return {}
    later = job.undone_by.order_by("-id").first()
    if refuse_undo(job, member=me, now=timezone.now()):
        return {"undone_by": later}
    assert job.finished_at is not None
    return {
        "undone_by": later,
        "undo_count": rows_to_undo(job).count(),
        "undo_until": job.finished_at + UNDO_FOR,
    }


def _present(job: Job, me: Membership) -> dict[str, Any]:
    kind = kind_of(job.kind)
    color, icon = BADGES[JobState(job.state)]
    runs = kind is not None and job.state == JobState.RUNNING
    worked, total = (kind.progress(job) if kind and runs else None) or (job.worked, job.total)
    return {
        "job": job,
        "label": kind.label if kind else job.kind,
        "kind_icon": kind.icon if kind else "list-checks",
        "color": color,
        "icon": icon,
        "worked": worked,
        "total": total,
        "stoppable": kind is None or kind.stoppable,
        "about": kind.describe(job) if kind else "",
        "error": _error(job),
        "has_file": kind is not None and offers_file(job, kind, me),
        "by_rows": kind is None or kind.run_piece is None,
        "file_days": FILE_FOR.days,
    }


def _error(job: Job) -> str:
    if not job.error:
        return ""
    text = str(ERRORS.get(job.error, ERRORS["unknown_kind"]))
    if job.error == "too_many_rows":
        limit = _("%(count)s at most at once.") % {"count": number_text(MAX_ROWS)}
        return f"{text} {limit}"
    return text


def _get(request: CompanyRequest, job_id: int) -> Job:
    found = visible_jobs(_member(request)).filter(pk=job_id).first()
    if found is None:
        raise Http404
    return found


def _member(request: CompanyRequest) -> Membership:
    return request.membership


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None
