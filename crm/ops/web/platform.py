"""The pages of who runs the service. Figures over all companies, and nobody's data."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.ops import heartbeats, selectors
from crm.ops.access import platform_staff
from crm.ops.actions.companies import NoReason, reopen_company, suspend_company
from crm.ops.actions.support import AlreadyMember, close_support, open_support
from crm.ops.backlogs import read_backlogs
from crm.ops.log import log_platform
from crm.ops.metrics.gauges import queue_length
from crm.ops.models import PlatformEntry
from crm.ops.usage import PAGE, CompanyLine, list_company_lines, list_months, measure_company
from crm.ops.web.words import word_entry
from crm.shell.responses import flash
from crm.tenancy.context import tenant_scope
from crm.tenancy.middleware import forget_tenants

_LATE_TICK = 120


@platform_staff
@require_GET
def companies(request: HttpRequest) -> HttpResponse:
    """All companies with what they use."""
    query = request.GET.get("q", "").strip()[:60]
    page = _page(request)
    lines, total = list_company_lines(query=query, page=page)
    _log(request, "companies.viewed", details={"page": page})
    context = {
        "lines": lines,
        "total": total,
        "query": query,
        "before": page - 1 if page > 1 else None,
        "after": page + 1 if page * PAGE < total else None,
    }
    return render(request, "platform/companies.html", {"tab": "companies", **context})


@platform_staff
@require_GET
def company(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """One company: usage by month, state, what was done with it."""
    line = _find(tenant_id)
    _log(request, "company.viewed", company_id=tenant_id)
    entries = (
        PlatformEntry.objects.filter(company_id=tenant_id)
        .exclude(action="company.viewed")
        .select_related("staff")
        .order_by("-at", "-id")[:20]
    )
    months = list_months(tenant_id)
    context = {
        "line": line,
        "months": months,
        "most": max(count for _month, count in months),
        "entries": [word_entry(entry) for entry in entries],
    }
    return render(request, "platform/company.html", {"tab": "companies", **context})


@platform_staff
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Whether everything goes on: what waits, who lives, what is slow, what is full."""
    _log(request, "health.viewed")
    source, statements = selectors.list_slow_statements()
    tick = heartbeats.seconds_since_tick()
    processes = heartbeats.list_processes()
    kinds = [one.kind for one in processes]
    last = selectors.find_last_backup()
    context = {
        "backlogs": read_backlogs(),
        "queue": queue_length(),
        "processes": processes,
        "workers": kinds.count("worker"),
        "beats": kinds.count("beat"),
        "tick": tick,
        "tick_late": tick is None or tick > _LATE_TICK,
        "connections": selectors.list_connections(),
        "database_bytes": selectors.database_size(),
        "disk": selectors.read_disk(),
        "backup": last,
        "backup_late": last is None or (timezone.now() - last.at).days >= 2,
        "statements": statements,
        "source": source,
        "now": timezone.now(),
    }
    return render(request, "platform/health.html", {"tab": "health", **context})


@platform_staff
@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """What those who run the service did and looked at, the latest first."""
    page = _page(request)
    rows = list(
        PlatformEntry.objects.select_related("staff", "company").order_by("-at", "-id")[
            (page - 1) * PAGE : page * PAGE + 1
        ]
    )
    context = {
        "entries": [word_entry(entry) for entry in rows[:PAGE]],
        "before": page - 1 if page > 1 else None,
        "after": page + 1 if len(rows) > PAGE else None,
    }
    return render(request, "platform/log.html", {"tab": "log", **context})


@platform_staff
@require_POST
def suspend(request: HttpRequest, tenant_id: int) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return _do(
        request,
        tenant_id,
        lambda by: suspend_company(reason=reason, **by),
        _("The company is suspended"),
    )


@platform_staff
@require_POST
def reopen(request: HttpRequest, tenant_id: int) -> HttpResponse:
    return _do(request, tenant_id, lambda by: reopen_company(**by), _("The company is open again"))


@platform_staff
@require_POST
def support(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """Let the person in for an hour, and go there."""
    line = _find(tenant_id)
    reason = request.POST.get("reason", "")
    done = _do(
        request,
        tenant_id,
        lambda by: open_support(reason=reason, **by),
        _("You may look for an hour; the owners are told"),
    )
    let_in = not getattr(request, "refused", False)
    return redirect("shell:home", company=line.slug) if let_in else done


@platform_staff
@require_POST
def support_end(request: HttpRequest, tenant_id: int) -> HttpResponse:
    return _do(request, tenant_id, lambda by: close_support(**by), _("You are out again"))


@platform_staff
@require_POST
def measure(request: HttpRequest, tenant_id: int) -> HttpResponse:
    return _do(request, tenant_id, lambda by: measure_company(now=by["now"]), _("Measured"))


# A company's scope opens before the transaction, so the request has none of its own.
for _view in (suspend, reopen, support, support_end, measure):
    transaction.non_atomic_requests(_view)


def _do(
    request: HttpRequest, tenant_id: int, work: Callable[[dict[str, Any]], Any], text: str
) -> HttpResponse:
    _find(tenant_id)
    try:
        with tenant_scope(tenant_id):
            work({"staff": request.user, "now": timezone.now()})
    except NoReason:
        return _refuse(request, tenant_id, _("Say why: the company’s owners will read it."))
    except AlreadyMember:
        return _refuse(request, tenant_id, _("You work in this company: sign in as usual."))
    forget_tenants()
    flash(request, text)
    return redirect("ops:company", tenant_id=tenant_id)


def _refuse(request: HttpRequest, tenant_id: int, text: str) -> HttpResponse:
    request.refused = True  # type: ignore[attr-defined]
    flash(request, text, level="error")
    return redirect("ops:company", tenant_id=tenant_id)


def _find(tenant_id: int) -> CompanyLine:
    lines, _total = list_company_lines(company_id=tenant_id)
    if not lines:
        raise Http404
    return lines[0]


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return min(max(int(text), 1), 10_000) if text.isascii() and text.isdigit() else 1


def _log(request: HttpRequest, action: str, **more: Any) -> None:
    log_platform(action, staff=request.user, now=timezone.now(), **more)  # type: ignore[arg-type]
