"""The check at start: every address says whom it lets in."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver

from crm.accounts.access import ANY_MEMBER
from crm.accounts.permissions import Permission

TAG = "access"
_METHODS = ("get", "post", "put", "patch", "delete")
# "platform": who runs the service (crm/ops/access.py).
_OF_PEOPLE = {"public", "signed-in", "platform"}
_OF_COMPANIES = {ANY_MEMBER, *Permission.values}

# Addresses of a company that strangers may open, and why.
OPEN_IN_COMPANY = {
    "inbound": "outside systems post here; the provider proves the signature",
    "accounts:invitation": "the token of the link is the proof",
}


@register(TAG)
def check_access(app_configs: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """Every view declares `.access`: a word for pages, a scope for each method for the API."""
    found: list[CheckMessage] = []
    for route, name, pattern in list_patterns(get_resolver()):
        problem = _find_problem(route, name, pattern.callback)
        if problem:
            found.append(
                Error(
                    f"/{route} {problem}",
                    hint="Decorate the view with @requires(...), @signed_in or @public.",
                    obj=pattern.callback,
                    id="accounts.E001",
                )
            )
    return found


def check_at_start() -> None:
    """Refuse to serve where a view declares nothing. Servers do not run Django's checks."""
    errors = run_checks(tags=[TAG])
    if errors:
        raise ImproperlyConfigured("\n".join(str(error) for error in errors))


def list_patterns(
    resolver: URLResolver, prefix: str = "", space: str = ""
) -> Iterator[tuple[str, str, URLPattern]]:
    """Go through all addresses: the route, its name with the namespace, and the pattern."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from list_patterns(pattern, route, inner)
        else:
            yield route, f"{space}{pattern.name or ''}", pattern


def _find_problem(route: str, name: str, view: Any) -> str:
    cls = getattr(view, "cls", None) or getattr(view, "view_class", None)
    access = getattr(view, "access", None) or getattr(cls, "access", None)
    if not access:
        return "declares no access."
    in_company = "<slug:company>" in route
    if isinstance(access, str):
        if access not in _OF_PEOPLE | _OF_COMPANIES:
            return f"declares an unknown access, {access!r}."
        if in_company and access in _OF_PEOPLE and name not in OPEN_IN_COMPANY:
            return f"lies in a company and is {access}: say why in OPEN_IN_COMPANY."
        if not in_company and access in _OF_COMPANIES:
            return "asks for a member, and its address names no company."
        return ""
    missing = [method for method in _METHODS if hasattr(cls, method) and method not in access]
    return f"declares no scope for {', '.join(missing)}." if missing else ""
