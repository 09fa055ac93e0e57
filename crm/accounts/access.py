"""What a view needs of its caller. Every view declares it; one that does not fails at start.

`@requires(Permission.ORDERS_VIEW)` for pages of a company, `@signed_in` for pages of a person,
`@public` for the rest. The membership is read inside the request's transaction and tenant scope.
"""

import functools
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import InternalError
from django.db.models import Exists
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone

from crm.accounts.masking import hide_phones
from crm.accounts.models import Membership, SecurityRules
from crm.accounts.permissions import SUPPORT_ROLE, Permission
from crm.accounts.requests import CompanyRequest
from crm.accounts.viewing import (
    SAFE_METHODS,
    SupportLooksOnly,
    ViewingOnly,
    find_view,
    make_read_only,
    was_read_only,
)
from crm.audit.actor import Actor
from crm.tenancy.models import Tenant

logger = logging.getLogger("kram.security")
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
            inside = load_membership(request)
            if needs_second_step(inside):
                return ask_for_second_step(request)
            viewing = inside.viewing is not None
            refuse_suspended(inside)
            if viewing and request.method not in SAFE_METHODS:
                raise ViewingOnly
            looks_only = inside.membership.role == SUPPORT_ROLE
            if looks_only and request.method not in SAFE_METHODS:
                raise SupportLooksOnly
            if permission != ANY_MEMBER and not inside.membership.can(permission):
                raise PermissionDenied
            try:
                response = view(inside, *args, **kwargs)
            except InternalError as error:
                if viewing and was_read_only(error):
                    raise ViewingOnly from error
                if looks_only and was_read_only(error):
                    raise SupportLooksOnly from error
                raise
            # No cache between here and the reader may keep it, and theirs asks each time.
            if response is not None:
                response.headers.setdefault("Cache-Control", "private, no-cache")
            return response

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


def load_membership(request: HttpRequest) -> CompanyRequest:
    """Set `request.membership` and `request.actor`, return the request; Http404 for strangers.

    An owner who looks through a member's eyes is given that member's; their own membership
    stands in `request.own_membership`, and `request.viewing` says until when.
    """
    if getattr(request, "company", None) is None:
        raise Http404
    now = timezone.now()
    own = find_membership(request.user.pk or 0, now=now)
    if own is None:
        # They get the answer of a page that is not there; the log knows better.
        logger.info(
            "access refused: user %s is no member of company %s",
            request.user.pk,
            request.company.pk,  # type: ignore[attr-defined]
        )
        raise Http404
    view = find_view(request.session, own, now=now)
    membership = own if view is None else view.member
    if view is not None or membership.role == SUPPORT_ROLE:
        make_read_only()
    inside = cast(CompanyRequest, request)
    inside.own_membership = own
    inside.viewing = view
    inside.membership = membership
    hide_phones(not membership.can(Permission.PHONES_VIEW))
    inside.actor = Actor.member(membership)
    return inside


def find_membership(user_id: int, *, now: datetime) -> Membership | None:
    """Return the person's membership of the company in scope, while it gives access. One query.

    `wants_two_step` says whether the company lets in by two steps alone.
    """
    rules = SecurityRules.objects.filter(two_step_required=True)
    membership = (
        Membership.objects.filter(user_id=user_id, is_active=True)
        .annotate(wants_two_step=Exists(rules))
        .first()
    )
    return membership if membership is not None and membership.has_access(now) else None


def needs_second_step(request: CompanyRequest) -> bool:
    """Tell whether the company asks for two steps, and the person has but one."""
    own = request.own_membership
    return own.wants_two_step and request.user.two_step_at is None  # type: ignore[attr-defined]


class CompanySuspended(PermissionDenied):
    """The company is its members', and who runs the service has suspended it."""

    def __init__(self, company: Tenant) -> None:
        self.company = company
        super().__init__(company.suspended_reason)


def refuse_suspended(request: CompanyRequest) -> None:
    """Tell a member, and nobody else, that their company is suspended."""
    company = request.company
    if company.suspended_at is not None:
        raise CompanySuspended(company)


def ask_for_second_step(request: HttpRequest) -> HttpResponse:
    """Lead a member to setting it up, and back to the page afterwards."""
    return _send_to(request, resolve_url("accounts:two-step"))


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a browser to the sign-in page, from a fragment the whole page; it comes back after."""
    return _send_to(request, resolve_url("accounts:login"))


def _send_to(request: HttpRequest, url: str) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = urlunsplit(("", "", page.path or "/", page.query, ""))
        response = HttpResponse(status=401)
        response["HX-Redirect"] = f"{url}?{urlencode({'next': back})}"
        return response
    return redirect_to_login(request.get_full_path(), url)
