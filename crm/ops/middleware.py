"""Around every request: how long it took, and one line in the log."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from crm.ops.metrics.counters import count, observe

logger = logging.getLogger("kram.request")
# Asked for every few seconds by machines: counted, and not worth a line each.
_QUIET = {"shell:healthz", "shell:readyz", "ops:metrics"}
NO_ROUTE = "(none)"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def watch_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Count and time requests by the name of their route: no address, no person."""

    def middleware(request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = get_response(request)
        seconds = time.perf_counter() - begun
        match = request.resolver_match
        route = (match.view_name if match else None) or NO_ROUTE
        method = request.method if request.method in _METHODS else "OTHER"
        count("kram_requests_total", route, str(method), str(response.status_code))
        observe("kram_request_seconds", seconds, route)
        if route not in _QUIET:
            _tell(request, response, route, seconds)
        return response

    return middleware


def _tell(request: HttpRequest, response: HttpResponse, route: str, seconds: float) -> None:
    company = getattr(request, "company", None)
    # Not `request.user`: looking for it would be a query.
    user = request.__dict__.get("_cached_user")
    logger.info(
        "%s %s %s %d ms",
        request.method,
        route,
        response.status_code,
        seconds * 1000,
        extra={
            "route": route,
            "method": request.method,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "company": company.pk if company else None,
            "user": user.pk if user is not None and user.is_authenticated else None,
        },
    )
