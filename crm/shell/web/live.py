"""The event stream of a company, and who is looking at what."""

import random
from collections.abc import AsyncIterator
from datetime import datetime
from math import inf
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from crm.accounts.access import ANY_MEMBER, requires
from crm.accounts.requests import CompanyRequest
from crm.shell.live import presence
from crm.shell.live.hub import Listener, stream
from crm.shell.live.topics import refused_words
from crm.tenancy.models import Tenant

LIFETIME_SECONDS = 600


@requires(ANY_MEMBER)
@require_GET
def events(request: CompanyRequest) -> HttpResponse:
    """Stream the company's events. A plain view: the permission is read in its transaction.

    A WSGI worker would be held by one page, so it refuses with 204, which tells the browser
    not to come again; the page then looks by the clock.
    """
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    membership = request.membership
    # Asked of the database: the middleware knows companies as they were some seconds ago, and a
    # page whose company was suspended comes again at once.
    if not Tenant.objects.filter(pk=request.company.pk, active=True).exists():
        return HttpResponse(status=403)
    listener = Listener(
        request.company.pk,
        membership.pk,
        refused_words(membership),
        membership.sight,
        user_id=request.user.pk or 0,
    )
    ends = [moment for moment in _ends(request) if moment is not None]
    left = min(((moment - timezone.now()).total_seconds() for moment in ends), default=inf)
    response = StreamingHttpResponse(_events(listener, left), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response  # type: ignore[return-value]


def _ends(request: CompanyRequest) -> tuple[datetime | None, ...]:
    """When the stream must end at the latest: access that runs out, a look through other eyes."""
    viewing = request.viewing
    own = request.own_membership
    return (
        own.access_until,
        request.membership.access_until,
        viewing.ends_at if viewing else None,
    )


async def _events(listener: Listener, left: float = inf) -> AsyncIterator[bytes]:
    # The view's connection goes back to the pool now, not when the page is closed.
    await sync_to_async(close_old_connections)()
    lifetime = min(LIFETIME_SECONDS * random.uniform(0.9, 1.1), left)
    async for message in stream(listener, lifetime=lifetime):
        yield message


@requires(ANY_MEMBER)
@require_POST
def presence_view(request: CompanyRequest) -> HttpResponse:
    """`here` (every 25 s), `look`, or `leave`; answers with the others who have it open."""
    member = request.membership
    object_key = request.POST.get("object", "")
    who: dict[str, Any] = {
        "tenant_id": member.tenant_id,
        "member_id": member.pk,
        "object_key": object_key,
    }
    action = request.POST.get("action", "here")
    if action != "leave" and not presence.may_look(member, object_key):
        raise Http404
    try:
        if action == "leave":
            presence.mark_gone(name=member.display_name, **who)
            return HttpResponse(status=204)
        if action == "look":
            people = presence.list_present(**who)
        else:
            people = presence.mark_present(name=member.display_name, **who)
    except presence.BadObject:
        return HttpResponse(status=400)
    return render(request, "shell/_presence_people.html", {"people": people})
