"""Settings → Company archive: what it is, those that were made, and the start of one more."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.archive.jobs import KIND, progress_of, start_archive
from crm.accounts.access import requires
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.jobs.limits import FILE_FOR
from crm.jobs.models import Job, JobState
from crm.jobs.selectors import list_made
from crm.jobs.web.views import BADGES
from crm.shell.links import company_url
from crm.shell.responses import redirect_for, render_page


@requires(Permission.COMPANY_OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def archives(request: CompanyRequest) -> HttpResponse:
    """The last archives; POST begins one, or leads to the one that is being made."""
    me = request.membership
    if request.method == "POST":
        job = start_archive(tenant=request.company, member=me, now=timezone.now())
        return redirect_for(request, company_url("jobs:job", job_id=job.pk))
    made = list_made(KIND, limit=10)
    running = next((job for job in made if not job.is_over and job.created_by_id == me.pk), None)
    worked, total = (running and progress_of(running)) or (0, running.total if running else 0)
    context = {
        "rows": [_present(job, me) for job in made],
        "running": running,
        "worked": worked,
        "total": total,
        "file_days": FILE_FOR.days,
    }
    return render_page(request, "archive/archives.html", context, fragment="archive/_archives.html")


def _present(job: Job, me: Membership) -> dict[str, Any]:
    state = JobState(job.state)
    badge = None if state == JobState.DONE else BADGES[state]
    return {"job": job, "mine": job.created_by_id == me.pk, "badge": badge}
