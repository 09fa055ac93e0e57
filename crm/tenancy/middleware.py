"""The two web doors: the company in a page's URL, and the company named by an API key."""

import time
from collections.abc import Callable

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from crm.tenancy.context import tenant_scope
from crm.tenancy.keys import tenant_of_key
from crm.tenancy.models import Tenant

FRESH_SECONDS = 5
# Carried for as long by whoever has just changed their company: they see it at once.
CHANGED_COOKIE = "kram_company_changed"
MAX_KNOWN = 10_000
_known: dict[tuple[str, int | str], tuple[float, Tenant]] = {}


class TenantMiddleware:
    """Find the tenant that the request names and open its scope around the view.

    Naming a company grants nothing: what the caller may do there is decided by the membership
    or the key, read inside the scope.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tenant = _find_tenant(request)
        request.company = tenant  # type: ignore[attr-defined]
        if tenant is None:
            return self.get_response(request)
        with tenant_scope(tenant.pk):
            return self.get_response(request)


def _find_tenant(request: HttpRequest) -> Tenant | None:
    if request.path_info.startswith("/api/"):
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":  # the case of its name means nothing (RFC 9110, 11.1)
            tenant_id = tenant_of_key(key.strip())
            return _active(pk=tenant_id) if tenant_id is not None else None
        slug = request.headers.get("X-Kram-Company", "")
        return _active(slug=slug) if slug else None
    try:
        named = resolve(request.path_info).kwargs.get("company")
    except Resolver404:
        return None
    if named and CHANGED_COOKIE in request.COOKIES:
        _known.pop(("slug", named), None)
    return _active(slug=named) if named else None


def see_change_at_once(response: HttpResponse) -> None:
    """Have the next pages of whoever gets this answer read their company anew."""
    response.set_cookie(CHANGED_COOKIE, "1", FRESH_SECONDS + 1, samesite="Lax", httponly=True)


def forget_tenants() -> None:
    """Read every tenant anew. For the process that has just changed one, and for tests."""
    _known.clear()


def _active(**lookup: int | str) -> Tenant | None:
    """Read an active or suspended tenant, or take the one read a moment ago.

    A company that is renamed or suspended is so everywhere within FRESH_SECONDS.
    """
    key = next(iter(lookup.items()))
    known = _known.get(key)
    now = time.monotonic()
    if known is not None and known[0] > now:
        return known[1]
    # Who may enter a suspended one is told so, where it is known who they are.
    open_ = Q(active=True) | Q(suspended_at__isnull=False)
    tenant = Tenant.objects.filter(open_, **lookup).first()
    if tenant is not None:
        if len(_known) > MAX_KNOWN:
            _known.clear()
        _known[key] = (now + FRESH_SECONDS, tenant)
    return tenant
