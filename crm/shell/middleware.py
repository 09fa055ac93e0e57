"""The request's id, language, time zone and company, known to everything below."""

import re
import uuid
import zoneinfo
from collections.abc import Callable
from functools import cache

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from crm.accounts.masking import phones_for_one_reader
from crm.audit.record import request_id as current_request_id
from crm.shell import links
from crm.tenancy.models import Tenant

Next = Callable[[HttpRequest], HttpResponse]
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,36}")
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


def request_id(get_response: Next) -> Next:
    """Take the caller's X-Request-ID or make one; say it back."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        value = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        token = current_request_id.set(value)
        try:
            response = get_response(request)
        finally:
            current_request_id.reset(token)
        response["X-Request-ID"] = value
        return response

    return middleware


class PolicyMiddleware(CSPMiddleware):
    """django-csp, which writes the policy anew for every answer: ours is the same for all."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        own = any(name.startswith("_csp") for name in response.__dict__)
        if own or settings.DEBUG or getattr(request, "_csp_nonce", None) is not None:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, _policy())
        return response


@cache
def _policy() -> str:
    return build_policy()


class LocaleMiddleware:
    """Speak the person's language in the company's time zone.

    Language: the cookie of the switch, then the person's, the company's, the browser's.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        company = getattr(request, "company", None)
        language = _language_of(request, company)
        zone = zoneinfo.ZoneInfo(company.time_zone if company else settings.TIME_ZONE)
        token = links.set_slug(company.slug if company else None)
        try:
            with (
                translation.override(language),
                timezone.override(zone),
                phones_for_one_reader(),
            ):
                request.LANGUAGE_CODE = language
                response = self.get_response(request)
        finally:
            links.reset_slug(token)
        response.headers.setdefault("Content-Language", language)
        return response


def _language_of(request: HttpRequest, company: Tenant | None) -> str:
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen in LANGUAGES:
        return chosen
    if not request.path_info.startswith("/api/"):
        person = getattr(request, "user", None)
        if person is not None and person.is_authenticated and person.language in LANGUAGES:
            return person.language
        if company is not None and company.language in LANGUAGES:
            return company.language
    if not request.headers.get("Accept-Language"):
        return settings.LANGUAGE_CODE
    return translation.get_language_from_request(request)
