"""Error answers: pages that say what to do next; problem+json for the API. They touch no table."""

import logging
import sys
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from crm.accounts.access import CompanySuspended
from crm.accounts.viewing import SupportLooksOnly, ViewingOnly
from crm.audit.record import request_id
from crm.shell.responses import toast
from crm.tenancy.models import Tenant

logger = logging.getLogger("kram.security")
_CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    500: "internal_error",
    503: "unavailable",
}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, _("This request could not be understood."))


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    user = getattr(request, "user", None)
    route = getattr(request.resolver_match, "route", "")
    logger.warning("access refused: user %s, %s", getattr(user, "pk", None), route)
    if isinstance(exception, CompanySuspended):
        return _answer(
            request,
            403,
            _("%(company)s is suspended") % {"company": exception.company.name},
            code="company_suspended",
            template="errors/suspended.html",
            company=exception.company,
        )
    if isinstance(exception, SupportLooksOnly):
        return _answer(request, 403, str(exception))
    if isinstance(exception, ViewingOnly):
        return _answer(request, 403, str(exception), template="errors/viewing.html")
    return _answer(request, 403, _("Your role does not allow this."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 404, _("There is nothing at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    # It may have broken before anybody asked for the reader's language; the cookie knows.
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    known = chosen if chosen in dict(settings.LANGUAGES) else translation.get_language()
    with translation.override(known or settings.LANGUAGE_CODE):
        return _say_broken(request)


def _say_broken(request: HttpRequest) -> HttpResponse:
    if isinstance(sys.exception(), OperationalError):
        # The database is away for a moment: who asks again in a while is served.
        response = _answer(request, 503, _("The service is busy or starting."))
        response["Retry-After"] = "2"
        return response
    return _answer(request, 500, _("Something broke on our side. Nothing was changed."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(
        request,
        403,
        _("The page was open for too long. Reload it and try again; nothing was changed."),
        code="csrf_failed",
        template="errors/csrf.html",
    )


def _answer(
    request: HttpRequest,
    status: int,
    text: str,
    *,
    code: str = "",
    template: str = "",
    company: Tenant | None = None,
) -> HttpResponse:
    code = code or _CODES[status]
    if request.path_info.startswith("/api/"):
        return _problem(request, status, text, code)
    context: dict[str, Any] = {"status": status, "text": text, "request_id": request_id.get()}
    context["company"] = company
    if request.headers.get("HX-Request") == "true":
        if status in {403, 404} and request.GET.get("panel") == "1":
            return render(request, "errors/_panel.html", context, status=status)
        response = HttpResponse(text, content_type="text/plain; charset=utf-8", status=status)
        return toast(response, text, level="error")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # What broke may break again: a page that asks for nothing but what the request holds.
        context["LANGUAGE_CODE"] = translation.get_language()
        context["theme"] = request.COOKIES.get("kram_theme", "")
        context["again"] = request.get_full_path() if request.method == "GET" else ""
        return HttpResponse(render_to_string("errors/500.html", context), status=status)
    template = template or f"errors/{status}.html"
    # Within the company's frame where the caller is known to be its member.
    inside = getattr(request, "membership", None) is not None and company is None
    context["frame"] = "base.html" if inside else "base_public.html"
    return render(request, template, context, status=status)


def _problem(request: HttpRequest, status: int, text: str, code: str) -> HttpResponse:
    return JsonResponse(
        {
            "type": f"/api/docs/errors/#{code}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": text,
            "instance": request.path,
        },
        status=status,
        content_type="application/problem+json",
    )
