"""Settings → Company archive: what it is, those that were made, and the start of one more."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.archive.jobs import KIND, start_archive
from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.jobs.limits import FILE_FOR
from crm.jobs.selectors import list_made
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
    context = {
        "rows": [{"job": job, "mine": job.created_by_id == me.pk} for job in made],
        "running": next((job for job in made if not job.is_over), None),
        "file_days": FILE_FOR.days,
    }
    return render_page(request, "archive/archives.html", context)
