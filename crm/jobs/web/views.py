"""Background work: the list, and one job with its progress and what became of each row."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.access import ANY_MEMBER, requires
from crm.accounts.models import Membership
from crm.jobs.actions import stop_job
from crm.jobs.kinds import kind_of
from crm.jobs.models import Job, JobState
from crm.jobs.selectors import list_jobs, list_rows, visible_jobs
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page

_COLORS = {
    JobState.QUEUED: ("gray", "clock"),
    JobState.RUNNING: ("blue", "loader"),
    JobState.DONE: ("green", "circle-check"),
    JobState.FAILED: ("red", "circle-x"),
    JobState.CANCELLED: ("gray", "circle-stop"),
}


@requires(ANY_MEMBER)
@require_safe
def jobs(request: HttpRequest) -> HttpResponse:
    """The member's jobs; all of the company for who keeps its settings."""
    found, before = list_jobs(_member(request), before=_number(request, "before"))
    context = {"rows": [_present(job) for job in found], "before": before}
    return render_page(request, "jobs/list.html", context, fragment="jobs/_table.html")


@requires(ANY_MEMBER)
@require_safe
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job; it renews itself while it runs."""
    found = _get(request, job_id)
    failed = request.GET.get("rows") == "failed"
    rows, after = list_rows(found, failed=failed, after=_number(request, "after"))
    context = {**_present(found), "rows": rows, "after": after, "only_failed": failed}
    return render_page(request, "jobs/job.html", context, fragment="jobs/_job.html")


@requires(ANY_MEMBER)
@require_POST
def stop(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop a job after the row it is at."""
    found = _get(request, job_id)
    stop_job(job_id=found.pk, actor=request.actor, now=timezone.now())  # type: ignore[attr-defined]
    flash(request, _("Stopped. What was done stays done."))
    return redirect_for(request, company_url("jobs:job", job_id=found.pk))


def _present(job: Job) -> dict[str, Any]:
    kind = kind_of(job.kind)
    color, icon = _COLORS[JobState(job.state)]
    return {
        "job": job,
        "label": kind.label if kind else job.kind,
        "kind_icon": kind.icon if kind else "list-checks",
        "color": color,
        "icon": icon,
        "worked": job.done + job.failed,
    }


def _get(request: HttpRequest, job_id: int) -> Job:
    found = visible_jobs(_member(request)).filter(pk=job_id).first()
    if found is None:
        raise Http404
    return found


def _member(request: HttpRequest) -> Membership:
    return request.membership  # type: ignore[attr-defined]


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None
