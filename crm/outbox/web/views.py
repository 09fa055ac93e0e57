"""Effects that failed: what should have followed a change, why it did not, and another try."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.access import requires
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.audit.models import AuditEntry
from crm.audit.texts import AuditObject, AuditText, tell
from crm.outbox.actions import retry_effect, retry_given_up
from crm.outbox.models import OutboxEvent
from crm.outbox.registry import effect_of
from crm.outbox.selectors import count_given_up, list_failures
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page


@dataclass(frozen=True, slots=True)
class Row:
    """A failed effect as the page shows it."""

    event: OutboxEvent
    cause: AuditText
    object: AuditObject | None
    effect: str
    due: bool  # to be tried this moment


@requires(Permission.CONNECTIONS_MANAGE)
@require_safe
def failures(request: CompanyRequest) -> HttpResponse:
    """What failed, the latest first. Two queries, and one for each kind of object."""
    return _page(request)


def _page(request: HttpRequest, *, note: str = "", status: int = 200) -> HttpResponse:
    text = request.GET.get("before", "")
    before = int(text) if text.isdecimal() and len(text) < 19 else None
    found, older = list_failures(before=before)
    context = {"rows": _present(found), "older": older, "given_up": count_given_up(), "note": note}
    return render_page(
        request,
        "outbox/failures.html",
        context,
        fragment="outbox/_failures.html",
        status=status,
    )


@requires(Permission.CONNECTIONS_MANAGE)
@require_POST
def retry(request: CompanyRequest, event_id: int) -> HttpResponse:
    """Try one again. Each try gives the row another id: an old page may name one that is gone."""
    now = timezone.now()
    if not retry_effect(event_id=event_id, actor=request.actor, now=now):
        return _page(
            request, note=_("It was tried in the meantime: here is how it stands."), status=409
        )
    flash(request, _("It is being tried again"))
    return redirect_for(request, company_url("outbox:failures"))


@requires(Permission.CONNECTIONS_MANAGE)
@require_POST
def retry_all(request: CompanyRequest) -> HttpResponse:
    """Try everything that was given up again."""
    count = retry_given_up(actor=request.actor, now=timezone.now())
    text = ngettext("%(n)s is being tried again", "%(n)s are being tried again", count)
    flash(request, text % {"n": count})
    return redirect_for(request, company_url("outbox:failures"))


def _present(events: list[OutboxEvent]) -> list[Row]:
    # The audit log has the words for every cause: an event is the same happening.
    lines = tell(
        AuditEntry(
            action=event.topic,
            object_type=event.object_type,
            object_id=event.object_id,
            at=event.created_at,
            details=event.payload,
        )
        for event in events
    )
    now = timezone.now()
    return [
        Row(event, line.text, line.object, effect_of(event.subscriber), event.next_at <= now)
        for event, line in zip(events, lines, strict=True)
    ]
