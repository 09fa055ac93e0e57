"""What a view needs of its caller. Every view declares it; one that does not fails at start.

`@requires(Permission.ORDERS_VIEW)` for pages of a company, `@signed_in` for pages of a person,
`@public` for the rest. The membership is read inside the request's transaction and tenant scope.
"""

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from crm.accounts.masking import hide_phones
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.audit.actor import Actor

View = Callable[..., HttpResponse]
ANY_MEMBER = "any-member"
# Where a session keeps its row of the person's list of sessions.
SESSION_ROW = "_kram_session"


def requires(permission: Permission | str) -> Callable[[View], View]:
    """Let in members of the company in the URL who have the permission (or ANY_MEMBER).

    A stranger to the company gets 404, so that a company's existence is not told; a member
    without the permission gets 403.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            kwargs.pop("company", None)
            if not request.user.is_authenticated:
                return ask_to_sign_in(request)
            load_membership(request)
            if permission != ANY_MEMBER and not request.membership.can(permission):  # type: ignore[attr-defined]
                raise PermissionDenied
            return view(request, *args, **kwargs)

        wrapper.access = str(permission)  # type: ignore[attr-defined]
        return wrapper

    return decorate


def signed_in(view: View) -> View:
    """Let in any signed-in user."""

    @functools.wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return ask_to_sign_in(request)
        return view(request, *args, **kwargs)

    wrapper.access = "signed-in"  # type: ignore[attr-defined]
    return wrapper


def public(view: View) -> View:
    """Let in everybody; said aloud so that nothing is public by forgetting."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def load_membership(request: HttpRequest) -> Membership:
    """Set `request.membership` and `request.actor`; raise Http404 for strangers."""
    if getattr(request, "company", None) is None:
        raise Http404
    membership = Membership.objects.filter(user_id=request.user.pk, is_active=True).first()
    if membership is None:
        raise Http404
    request.membership = membership  # type: ignore[attr-defined]
    hide_phones(not membership.can(Permission.PHONES_VIEW))
    request.actor = Actor.member(membership)  # type: ignore[attr-defined]
    return membership


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a browser to the sign-in page, from a fragment the whole page; it comes back after."""
    login = resolve_url("accounts:login")
    if request.headers.get("HX-Request") == "true":
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = urlunsplit(("", "", page.path or "/", page.query, ""))
        response = HttpResponse(status=401)
        response["HX-Redirect"] = f"{login}?{urlencode({'next': back})}"
        return response
    return redirect_to_login(request.get_full_path(), login)
