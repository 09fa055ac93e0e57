"""Palette, sidebar, notifications and preferences."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from crm.accounts.access import ANY_MEMBER, public, requires
from crm.accounts.actions.people import keep_language, keep_theme
from crm.accounts.requests import CompanyRequest
from crm.accounts.selectors import LAST_COMPANY_COOKIE
from crm.shell import actions, notices, selectors
from crm.shell.context import THEMES, Shell
from crm.shell.middleware import LANGUAGES
from crm.shell.nav import list_places
from crm.shell.palette import find_groups
from crm.shell.sidebar import fetch_counts, recount_unread

YEAR = 365 * 24 * 3600


@requires(ANY_MEMBER)
@require_GET
def home(request: CompanyRequest) -> HttpResponse:
    """Go to the first place this member may see, and keep which company it was."""
    places = list_places(request)
    if not places:
        raise PermissionDenied
    response = redirect(places[0].url)
    slug = request.company.slug
    response.set_cookie(LAST_COMPANY_COOKIE, slug, max_age=YEAR, samesite="Lax", httponly=True)
    return response


@requires(ANY_MEMBER)
@require_GET
def palette(request: CompanyRequest) -> HttpResponse:
    query = request.GET.get("q", "")
    return render(
        request, "shell/_palette.html", {"groups": find_groups(query, request), "query": query}
    )


@requires(ANY_MEMBER)
@require_GET
def sidebar_counts(request: CompanyRequest) -> HttpResponse:
    """The sidebar with counts made now; where the reader is, htmx says."""
    here = urlsplit(request.headers.get("HX-Current-URL", ""))
    shell = Shell(request, f"{here.path}?{here.query}")
    shell.counts = fetch_counts(request)
    return render(request, "shell/_nav.html", {"shell": shell, "with_bell": True})


@requires(ANY_MEMBER)
@require_GET
def notifications(request: CompanyRequest) -> HttpResponse:
    return _notification_list(request)


def _notification_list(request: CompanyRequest, *, with_count: bool = False) -> HttpResponse:
    notes = selectors.list_notifications(member_id=request.membership.pk)
    rows = [{"note": note, "words": notices.word(note)} for note in notes]
    unread = any(note.read_at is None for note in notes)
    context = {"rows": rows, "unread": unread, "with_count": with_count}
    return render(request, "shell/_notifications.html", context)


@requires(ANY_MEMBER)
@require_POST
def open_notification(request: CompanyRequest, note_id: int) -> HttpResponse:
    """Mark it as read and go where it points."""
    note = actions.read_notification(
        member_id=request.membership.pk,
        note_id=note_id,
        now=timezone.now(),
    )
    if note is None:
        raise Http404
    recount_unread(request)
    return redirect(note.url or "/")


@requires(ANY_MEMBER)
@require_POST
def read_notifications(request: CompanyRequest) -> HttpResponse:
    actions.read_all_notifications(member_id=request.membership.pk, now=timezone.now())
    recount_unread(request)
    return _notification_list(request, with_count=True)


@public
@never_cache
@require_GET
def session(request: HttpRequest) -> HttpResponse:
    """Say who is signed in, if anybody, and which token forms need now: pages outlive both."""
    who = str(request.user.pk) if request.user.is_authenticated else ""
    return JsonResponse({"who": who, "csrf": get_token(request)})


@public
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the theme or the language: in a cookie, and for the person who is signed in."""
    theme, language = request.POST.get("theme", ""), request.POST.get("language", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        target = "/"
    response = redirect(target) if language else HttpResponse(status=204)
    user_id = request.user.pk if request.user.is_authenticated else None
    if theme in THEMES:
        response.set_cookie("kram_theme", theme, max_age=YEAR, samesite="Lax")
        if user_id is not None:
            keep_theme(user_id=user_id, theme=theme)
    if language in LANGUAGES:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax", httponly=True
        )
        if user_id is not None:
            keep_language(user_id=user_id, language=language)
    return response
