"""The base of every endpoint: parse, authorise, one action, serialise."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework import exceptions, serializers
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from crm.accounts.permissions import Permission
from crm.accounts.viewing import SAFE_METHODS
from crm.api import bodies, etags, fields, idempotency, limits
from crm.api.callers import Caller
from crm.api.models import Scope
from crm.api.params import Param, keep_fields, read_params
from crm.api.problems import DISPOSITION, Problem, problem_response
from crm.audit.reads import write_noted


class ApiView(APIView):
    """Every method that a view has stands in `access` with the scope it needs.

    `member_needs` names a more exact permission for members than the scope's. Handlers return
    `answer(...)`; ETags, 304, limits and Idempotency-Keys are done here.
    """

    access: ClassVar[Mapping[str, Scope]] = {}
    member_needs: ClassVar[Mapping[str, Permission]] = {}
    takes: ClassVar[Mapping[str, tuple[Param, ...]]] = {}
    max_body: ClassVar[int] = bodies.MAX_BODY
    http_method_names = ["get", "head", "post", "patch", "put", "delete"]
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)

    request: Request
    body: bytes
    usage: limits.Usage | None = None

    @property
    def caller(self) -> Caller:
        return self.request.user  # type: ignore[return-value]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.args, self.kwargs = args, kwargs
        self.body = b""
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            response = self._answer(request, *args, **kwargs)
        except Exception as error:
            response = self.handle_exception(error)
        response = self.finalize_response(self.request, response, *args, **kwargs)  # type: ignore[arg-type]
        if self.usage is not None:
            self.usage.write_to(response)
        # A cache may keep an answer for its own caller, if it asks for news of it each time.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.headers.setdefault("Content-Disposition", DISPOSITION)
        return response

    def _answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        handler = self._enter(request)
        repeat = self.caller.repeat
        if repeat is None:
            response = self._finish(handler(self.request, *args, **kwargs))
            write_noted(request, writes_nothing_else=request.method in SAFE_METHODS)
            return response
        wanted = idempotency.request_hash(request, self.body)
        stored = idempotency.replay(repeat, wanted)
        if stored is not None:
            return stored
        response = handler(self.request, *args, **kwargs)
        idempotency.store_answer(repeat, response, timezone.now())
        return response

    def _enter(self, request: HttpRequest) -> Callable[..., HttpResponse]:
        """Let the caller in, read the body, and return the method's handler."""
        method = (request.method or "").lower()
        handler = getattr(self, method, None) if method in self.http_method_names else None
        if handler is None:
            raise exceptions.MethodNotAllowed(request.method or "")
        _check_accept(request)
        self.perform_authentication(self.request)
        self.check_permissions(self.request)
        self.usage = limits.count_request(self.caller)
        limits.check_usage(self.usage)
        if method in {"post", "patch", "put"}:
            self.body = bodies.read_body(request, self.max_body)
        return handler

    def _finish(self, response: HttpResponse) -> HttpResponse:
        if self.request.method not in {"GET", "HEAD"} or response.status_code != 200:
            return response
        if "ETag" not in response:
            etags.write_etag(response)
        return etags.not_modified(self.request._request, response)

    # --- For handlers -----------------------------------------------------------------------

    def read(self, serializer: type[serializers.Serializer]) -> dict[str, Any]:
        """Return the validated body."""
        return fields.check(serializer, self.read_raw())

    def read_raw(self) -> Any:
        """Return the body as JSON values, not validated."""
        bodies.check_media_type(self.request._request)
        return bodies.parse_json(self.body)

    def read_params(self, *more: Param) -> dict[str, Any]:
        """Return the parameters of the address that this method declares."""
        method = (self.request.method or "").lower()
        declared = self.takes.get("get" if method == "head" else method, ())
        return read_params(self.request._request, (*declared, *more))

    def expected_version(self) -> int | None:
        """The version that the caller decided on, by If-Match."""
        return etags.expected_version(self.request._request)


def _check_accept(request: HttpRequest) -> None:
    accept = request.META.get("HTTP_ACCEPT", "")
    if accept and not any(kind in accept for kind in ("json", "*/*", "application/*")):
        raise exceptions.NotAcceptable


def answer(
    data: Any,
    *,
    status: int = 200,
    version: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """JSON values as an answer; with `version` it gets the resource's ETag."""
    return text_answer(write_json(data), status=status, version=version, headers=headers)


def write_json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def text_answer(
    text: str,
    *,
    status: int = 200,
    version: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The same of JSON that is written already."""
    response = HttpResponse(text, status=status, content_type="application/json")
    if version is not None:
        etags.write_etag(response, version)
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def made_answer(request: Request, data: Any, *, made_id: int, version: int) -> HttpResponse:
    """What was made in a collection, and the address of it."""
    location = f"{request._request.path}/{made_id}"
    return answer(data, status=201, version=version, headers={"Location": location})


def page_answer(
    page: Any, results: list[Any], *, names: Sequence[str] | None = None
) -> HttpResponse:
    """A page of a list: its rows, of each the named members, and its neighbours' addresses."""
    rows = [keep_fields(row, names) for row in results]
    response = answer({"results": rows, "next": page.next, "previous": page.previous})
    if page.link:
        response["Link"] = page.link
    return response


def unknown_path(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer what is under /api/ and does not exist, whatever the method."""
    return problem_response(Problem("not_found"), request.path)


unknown_path.csrf_exempt = True  # type: ignore[attr-defined]
unknown_path.access = "public"  # type: ignore[attr-defined]
