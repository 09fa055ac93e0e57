"""The documentation for developers: the schema, the page that shows it, the table of errors."""

import hashlib
import json
from functools import cache

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from crm.accounts.access import public
from crm.api.codes import PROBLEMS, VALUES
from crm.api.web.guide import guide_text


@cache
def schema_text() -> str:
    """The OpenAPI document as JSON; the same for everybody, so made once."""
    with translation.override("en"):
        schema = SchemaGenerator().get_schema(request=None, public=True)
    schema["info"]["description"] = guide_text()
    return json.dumps(schema, ensure_ascii=False, default=str)


@public
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    text = schema_text()
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(text, content_type="application/vnd.oai.openapi+json")
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    return response


@public
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")


@public
@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "api/errors.html",
        {"problems": sorted(PROBLEMS.values(), key=lambda kind: kind.status), "values": VALUES},
    )
