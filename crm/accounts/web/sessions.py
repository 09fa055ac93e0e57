"""Where a person is signed in, and ending that."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from crm.accounts.access import signed_in
from crm.accounts.actions.sessions import end_other_sessions, end_session
from crm.accounts.devices import browser_of, icon_of, system_of
from crm.accounts.models import User, UserSession
from crm.accounts.selectors import list_sessions
from crm.accounts.web.entering import stay_signed_in
from crm.shell.responses import flash, render_page

_NOW = timedelta(minutes=3)


@signed_in
@never_cache
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """The browsers in which this person is signed in, the current one first."""
    now = timezone.now()
    lasts = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    rows = [
        _describe(row, current=row.session_key == request.session.session_key)
        for row in list_sessions(user_id=request.user.pk or 0, since=now - lasts)
    ]
    rows.sort(key=lambda row: not row["current"])
    context = {"rows": rows, "others": sum(not row["current"] for row in rows)}
    return render_page(request, "accounts/sessions.html", context)


@signed_in
@require_POST
def end(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one session; one's own is ended by signing out."""
    if not end_session(user_id=request.user.pk or 0, session_id=session_id):
        raise Http404
    flash(request, _("That session has ended."))
    return redirect("accounts:sessions")


@signed_in
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    user = User.objects.get(pk=request.user.pk or 0)
    end_other_sessions(user_id=user.pk, session_key=request.session.session_key)
    stay_signed_in(request, user)
    flash(request, _("You are signed in here alone."))
    return redirect("accounts:sessions")


def _describe(row: UserSession, *, current: bool) -> dict[str, object]:
    names = [browser_of(row.user_agent), system_of(row.user_agent)]
    return {
        "id": row.pk,
        "name": ", ".join(filter(None, names)) or _("Another program"),
        "icon": icon_of(row.user_agent),
        "address": row.address,
        "seen": row.last_seen_at,
        "begun": row.created_at,
        "current": current,
        "now": timezone.now() - row.last_seen_at < _NOW,
    }
