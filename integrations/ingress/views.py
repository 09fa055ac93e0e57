"""The address that outside systems post to: `/in/<company>/<token>/`."""

import logging

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from crm.accounts.access import public
from integrations.ingress.receive import KeyReused, receive_delivery
from integrations.ingress.registry import Ignored, Unsigned
from integrations.models import Connection

logger = logging.getLogger(__name__)
MAX_BODY = 1024 * 1024
PER_MINUTE = 1200


@csrf_exempt
@public
def receive(request: HttpRequest, company: str, token: str) -> HttpResponse:
    """Limit, verify, store, answer. The signature decides; the address alone proves nothing."""
    if request.method != "POST":
        response = _answer(405, "method_not_allowed")
        response["Allow"] = "POST"
        return response
    if request.company is None:  # type: ignore[attr-defined]
        return _answer(404, "not_found")
    connection = Connection.objects.filter(token=token, is_active=True).first()
    if connection is None:
        return _answer(404, "not_found")
    if _too_many(connection):
        response = _answer(429, "rate_limited")
        response["Retry-After"] = "30"
        return response
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        return _answer(413, "too_large")
    try:
        delivery = receive_delivery(
            connection=connection,
            headers=request.headers,
            body=request.body,
            now=timezone.now(),
        )
    except Ignored:
        return _answer(200, "ping")
    except Unsigned:
        logger.warning("an unsigned delivery was refused by connection %s", connection.pk)
        return _answer(401, "bad_signature")
    except KeyReused:
        return _answer(409, "delivery_id_reused")
    return JsonResponse({"status": "stored", "delivery": str(delivery.pk)})


def _too_many(connection: Connection) -> bool:
    minute = int(timezone.now().timestamp() // 60)
    key = f"ingress:{connection.tenant_id}:{connection.pk}:{minute}"
    cache.add(key, 0, 120)
    try:
        return cache.incr(key) > PER_MINUTE
    except ValueError:  # expired between the two
        return False


def _answer(status: int, code: str) -> JsonResponse:
    return JsonResponse({"code": code}, status=status)
