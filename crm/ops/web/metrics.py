"""/metrics, for Prometheus."""

import secrets

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from crm.accounts.access import public
from crm.ops.metrics.counters import read_all
from crm.ops.metrics.gauges import write_gauges
from crm.ops.metrics.text import CONTENT_TYPE, write_counted


@public
@require_GET
@never_cache
@transaction.non_atomic_requests
def metrics(request: HttpRequest) -> HttpResponse:
    """All numbers, for who brings METRICS_TOKEN. Without a token set there is no such page."""
    token = settings.METRICS_TOKEN
    if not token:
        return HttpResponse(
            "There is nothing at this address.\n", status=404, content_type="text/plain"
        )
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not secrets.compare_digest(given.encode(), token.encode()):
        answer = _say(401, "A token is needed.")
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    lines = [*write_counted(read_all()), *write_gauges()]
    return HttpResponse("\n".join(lines) + "\n", content_type=CONTENT_TYPE)


def _say(status: int, text: str) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain")
