"""The list of first steps: its page, its fragment on empty pages, put away and brought back."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page
from crm.shell.sidebar import forget_counts
from integrations.onboarding.actions.steps import dismiss_steps, show_steps
from integrations.onboarding.selectors import STEPS, Progress, read_progress
from integrations.onboarding.web.steps import word_steps

allowed = requires(Permission.SETTINGS_MANAGE)


@require_GET
@allowed
def start(request: CompanyRequest) -> HttpResponse:
    """The page, also when all is done or put away. One query."""
    progress = read_progress(request.company)
    return render_page(request, "integrations/onboarding/start.html", _context(request, progress))


@require_GET
@allowed
def steps(request: CompanyRequest) -> HttpResponse:
    """The list for an empty page; nothing where it is over. One query."""
    progress = read_progress(request.company)
    if progress.is_over:
        return HttpResponse()
    return render(request, "integrations/onboarding/_steps.html", _context(request, progress))


@require_POST
@allowed
def dismiss(request: CompanyRequest) -> HttpResponse:
    dismiss_steps(
        company=request.company,
        member=request.membership,
        now=timezone.now(),
    )
    forget_counts(request)
    flash(request, _("The first steps are put away. Settings → First steps brings them back."))
    return redirect_for(request, company_url("orders:list"))


@require_POST
@allowed
def show(request: CompanyRequest) -> HttpResponse:
    show_steps(company=request.company)
    forget_counts(request)
    return redirect_for(request, company_url("onboarding:start"))


def _context(request: CompanyRequest, progress: Progress) -> dict[str, Any]:
    return {
        "items": word_steps(progress, request.membership),
        "done": len(progress.done),
        "total": len(STEPS),
        "dismissed": progress.dismissed,
        "over": progress.is_over,
    }
