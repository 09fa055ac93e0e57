"""Errors of the API as RFC 9457 problems: every failure leaves through `exception_handler`."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import ResolverMatch
from rest_framework import exceptions

from crm.api.codes import PROBLEMS, VALUES, value_text

logger = logging.getLogger("django.request")
security = logging.getLogger("kram.security")
# A browser that is led to an answer keeps it as a file and never shows it as a page.
DISPOSITION = 'attachment; filename="api.json"'
CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """A refusal with a stable code. `detail` is for people, `facts` become members of the body."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        **facts: Any,
    ) -> None:
        self.kind = PROBLEMS[code]
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.facts = facts
        super().__init__(code)

    @property
    def code(self) -> str:
        return self.kind.code

    @property
    def status(self) -> int:
        return self.kind.status

    def body(self, instance: str = "") -> dict[str, Any]:
        """The problem as JSON values."""
        body: dict[str, Any] = {
            "type": type_url(self.code),
            "title": str(self.kind.title),
            "status": self.status,
            "code": self.code,
            "detail": self.detail or str(self.kind.title),
        }
        if instance:
            body["instance"] = instance
        if self.errors:
            body["errors"] = self.errors
        return {**body, **self.facts}


def type_url(code: str) -> str:
    """Where the kind of problem is explained."""
    return f"/api/docs/errors/#{code}"


def wrong_value(pointer: str, code: str, message: str = "", **facts: Any) -> Problem:
    """A validation problem about one value of the body."""
    return Problem("validation_error", errors=[value_error(pointer, code, message, **facts)])


def value_error(pointer: str, code: str, message: str = "", **facts: Any) -> dict[str, Any]:
    """One entry of `errors`, for a value of the body."""
    return {"pointer": pointer, "code": code, "message": message or value_text(code), **facts}


def wrong_parameter(name: str, code: str = "invalid", message: str = "") -> Problem:
    """A problem about one parameter of the address."""
    return Problem("invalid_parameter", errors=[parameter_error(name, code, message)])


def parameter_error(name: str, code: str = "invalid", message: str = "") -> dict[str, Any]:
    """One entry of `errors`, for a parameter of the address."""
    return {"parameter": name, "code": code, "message": message or value_text(code)}


def problem_response(problem: Problem, instance: str = "") -> HttpResponse:
    text = json.dumps(problem.body(instance), ensure_ascii=False, separators=(",", ":"))
    response = HttpResponse(text, status=problem.status, content_type=CONTENT_TYPE)
    for name, value in problem.headers.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    response["Content-Disposition"] = DISPOSITION
    return response


# --- From exceptions to problems ------------------------------------------------------------

Translator = Callable[[Any], Problem | None]
_translators: dict[type[Exception], Translator] = {}


def translate(error: type[Exception]) -> Callable[[Translator], Translator]:
    """Register how refusals of an app's actions (and their subclasses) are told."""

    def register(func: Translator) -> Translator:
        _translators[error] = func
        return func

    return register


def problem_of(error: Exception) -> Problem | None:
    """Return the problem that tells of an exception; None for one that nobody foresaw."""
    if isinstance(error, Problem):
        return error
    for kind in type(error).__mro__:
        if kind in _translators:
            return _translators[kind](error)
    return None


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Answer an exception and roll the request's transaction back."""
    if (
        not getattr(context["view"], "commits_itself", False)
        and transaction.get_connection().in_atomic_block
    ):
        transaction.set_rollback(True)
    request = context["request"]
    problem = problem_of(error) or report(error, getattr(request, "_request", request))
    if problem.errors:
        _log_refused(problem, request.resolver_match)
    return problem_response(problem, request.path)


def _log_refused(problem: Problem, match: ResolverMatch | None) -> None:
    """What was wrong and where, never with which value."""
    told = [
        f"{one.get('pointer') or one.get('parameter', '')} {one.get('code', '')}"
        for one in problem.errors[:10]
    ]
    security.info("input refused: %s, %s", match and match.view_name, "; ".join(told))


def report(error: Exception, request: HttpRequest) -> Problem:
    """Log what nobody foresaw; the caller learns nothing but that it happened, in debug too."""
    got_request_exception.send(sender=exception_handler, request=request)
    logger.error("API: %s %s", request.method, request.path, exc_info=error)
    return Problem("internal_error")


@translate(exceptions.APIException)
def _from_drf(error: exceptions.APIException) -> Problem:
    return Problem(_DRF_CODES.get(type(error), "bad_request"), headers=_auth_header(error))


_DRF_CODES: dict[type[Exception], str] = {
    exceptions.ParseError: "malformed_json",
    exceptions.AuthenticationFailed: "invalid_key",
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.PermissionDenied: "forbidden",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
}


def _auth_header(error: exceptions.APIException) -> dict[str, str]:
    header = getattr(error, "auth_header", None)
    return {"WWW-Authenticate": header} if header else {}


@translate(exceptions.ValidationError)
def _from_validation(error: exceptions.ValidationError) -> Problem:
    return Problem("validation_error", errors=list_value_errors(error.detail))


@translate(Http404)
def _from_not_found(error: Http404) -> Problem:
    return Problem("not_found")


@translate(PermissionDenied)
def _from_denied(error: PermissionDenied) -> Problem:
    return Problem("forbidden")


@translate(RequestDataTooBig)
def _from_too_big(error: RequestDataTooBig) -> Problem:
    return Problem("body_too_large")


@translate(SuspiciousOperation)
def _from_suspicious(error: SuspiciousOperation) -> Problem:
    return Problem("bad_request")


@translate(OperationalError)
def _from_database(error: OperationalError) -> Problem:
    logger.error("API: the database failed", exc_info=error)
    return Problem("unavailable", headers={"Retry-After": "2"})


def list_value_errors(detail: Any, pointer: str = "") -> list[dict[str, Any]]:
    """Flatten the nested errors of serializers into entries with JSON Pointers."""
    if isinstance(detail, Mapping):
        found: list[dict[str, Any]] = []
        for key, inner in detail.items():
            if key == "non_field_errors":
                found.extend(list_value_errors(inner, pointer))
            else:
                found.extend(list_value_errors(inner, f"{pointer}/{escape(str(key))}"))
        return found
    if isinstance(detail, list | tuple):
        if all(isinstance(item, str) for item in detail):
            return [entry for item in detail for entry in list_value_errors(item, pointer)]
        return [
            entry
            for place, item in enumerate(detail)
            for entry in list_value_errors(item, f"{pointer}/{place}")
        ]
    code = getattr(detail, "code", "invalid")
    # The framework would speak of a "dict" and a "list".
    message = "" if code == "not_a_list" else str(detail)
    return [value_error(pointer, code if code in VALUES else "invalid", message)]


def escape(token: str) -> str:
    """A key as a token of a JSON Pointer."""
    return token.replace("~", "~0").replace("/", "~1")
