"""The OpenAPI description: what every operation has in common, said once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from crm.api.codes import PROBLEMS
from crm.api.models import Scope
from crm.api.params import Param


class ProblemErrorOut(serializers.Serializer):
    pointer = serializers.CharField(
        required=False, help_text="JSON Pointer into the body; empty: the whole."
    )
    parameter = serializers.CharField(required=False, help_text="Name of the parameter.")
    code = serializers.CharField()
    message = serializers.CharField()

    class Meta:
        ref_name = "ProblemError"


class ProblemOut(serializers.Serializer):
    """RFC 9457. `code` is stable and listed in the documentation; some codes add members."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    instance = serializers.CharField(required=False)
    errors = ProblemErrorOut(many=True, required=False)  # type: ignore[assignment]

    class Meta:
        ref_name = "Problem"


_COMMON = (400, 401, 403, 406, 429, 500, 503)
_WITH_BODY = (409, 413, 415, 422)
_ABOUT = {
    status: ", ".join(f"`{kind.code}`" for kind in PROBLEMS.values() if kind.status == status)
    for status in sorted({kind.status for kind in PROBLEMS.values()})
}


@dataclass(frozen=True, kw_only=True, slots=True)
class documented:
    """Describe one operation of an `ApiView` with all the answers it can give.

    Its method, scope and parameters are those of the view: the handler's name, `access` and
    `takes`. `path_id` names the id in its address; `conditional`: the write takes If-Match.
    """

    operation: str
    summary: str
    answers: Mapping[int, Any]
    tag: str
    about: str = ""
    body: Any = None
    path_id: str = ""
    conditional: bool = False
    examples: Sequence[OpenApiExample] = ()

    def __call__(self, handler: Callable[..., Any]) -> Any:
        return _Described(self, handler)


@dataclass(frozen=True, slots=True)
class _Described:
    """A handler until its view is made, of which the description knows the rest."""

    about: documented
    handler: Callable[..., Any]

    def __set_name__(self, view: Any, method: str) -> None:
        describe = _describe(self.about, method, view.access[method], view.takes.get(method, ()))
        setattr(view, method, describe(self.handler))


def _describe(what: documented, method: str, scope: Scope, params: Sequence[Param]) -> Any:
    problems = [*_COMMON, *([404] if what.path_id else [])]
    parameters = [_parameter(param) for param in params]
    if what.path_id:
        parameters.append(_path_parameter(what.path_id))
    responses: dict[Any, Any] = {
        (status, "application/json"): serializer for status, serializer in what.answers.items()
    }
    if method == "get":
        parameters.append(_header("If-None-Match", "An ETag: without news the answer is 304."))
        responses[304] = OpenApiResponse(description="It has not changed.")
    else:
        problems += _WITH_BODY
    if method == "post":
        parameters.append(
            _header("Idempotency-Key", "Any text of your own; the same again is the same request.")
        )
    if what.conditional:
        parameters.append(_header("If-Match", "The ETag that you decided on; or 412."))
        problems.append(412)
    for status in sorted(problems):
        responses[status, "application/problem+json"] = OpenApiResponse(
            ProblemOut, description=f"A problem: {_ABOUT[status]}."
        )
    return extend_schema(
        operation_id=what.operation,
        summary=what.summary,
        description=f"{what.about}\n\nScope: `{scope}`.".strip(),
        parameters=parameters,
        request={"application/json": what.body} if what.body is not None else None,
        responses=responses,
        examples=list(what.examples),
        tags=[what.tag],
    )


def _parameter(param: Param) -> OpenApiParameter:
    about = param.about
    schema: Any
    extra: dict[str, Any] = {}
    match param.kind:
        case "int":
            schema = {"type": "integer", "minimum": param.least, "maximum": param.most}
        case "id":
            schema = {"type": "string", "pattern": "^[1-9][0-9]{0,17}$"}
        case "bool":
            schema = {"type": "boolean"}
        case "moment":
            schema = {"type": "string", "examples": ["2026-03-02T09:00:00+02:00"]}
            about += " RFC 3339 with the offset, or a day."
        case "ids":
            schema = _many({"type": "string", "pattern": "^[1-9][0-9]{0,17}$"})
        case "choices":
            schema = _many({"type": "string", "enum": list(param.choices)})
        case "choice":
            schema = {"type": "string", "enum": list(param.choices)}
        case "own":
            schema = {"type": "object", "additionalProperties": {"type": "string"}}
            extra = {"style": "deepObject", "explode": True}
        case _:
            schema = {"type": "string", "minLength": 1, "maxLength": 1000}
    if param.kind in {"ids", "choices"}:
        extra = {"style": "form", "explode": False}
    examples = [OpenApiExample(param.name, value=param.example)] if param.example else []
    return OpenApiParameter(
        param.name, schema, OpenApiParameter.QUERY, description=about, examples=examples, **extra
    )


def _many(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


def _path_parameter(name: str) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        {"type": "string", "pattern": "^[1-9][0-9]{0,17}$"},
        OpenApiParameter.PATH,
        required=True,
    )


def _header(name: str, about: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=about)


def page_of(item: type[serializers.Serializer], name: str) -> type[serializers.Serializer]:
    """The description of a page of items."""
    return type(
        f"{name}Page",
        (serializers.Serializer,),
        {
            "results": item(many=True),
            "next": serializers.CharField(allow_null=True, help_text="Address of the next page."),
            "previous": serializers.CharField(allow_null=True),
        },
    )


def bulk_of(item: type[serializers.Serializer], name: str) -> type[serializers.Serializer]:
    """The description of a bulk answer: each row with its data or its problem."""
    row = type(
        f"{name}BulkRow",
        (serializers.Serializer,),
        {
            "index": serializers.IntegerField(help_text="Place of the row in the request."),
            "status": serializers.IntegerField(help_text="HTTP status of the row."),
            "data": item(required=False),
            "problem": ProblemOut(required=False),
        },
    )
    return type(f"{name}BulkResult", (serializers.Serializer,), {"results": row(many=True)})


# --- The whole document -----------------------------------------------------------------------

_RESPONSE_HEADERS = {
    "X-Request-ID": ("Tell us this id when you ask about the request.", ()),
    "RateLimit": ("What is left of the minute: IETF draft.", ()),
    "RateLimit-Policy": ("How many requests a minute the key has.", ()),
    "ETag": ("Names this content; a resource's begins with its version.", ("2", "304", "412")),
    "Retry-After": ("Seconds to wait.", ("409", "429", "503")),
    "Location": ("Address of what was made.", ("201",)),
    "Idempotent-Replayed": ("`true`: the stored answer of the same request.", ("2",)),
}


def finish_schema(result: dict[str, Any], generator: Any, request: Any, public: bool) -> Any:
    """Add response headers everywhere, and close request bodies to unknown members."""
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, response in operation.get("responses", {}).items():
                response["headers"] = {
                    name: {"description": about, "schema": {"type": "string"}}
                    for name, (about, only) in _RESPONSE_HEADERS.items()
                    if not only or status.startswith(only)
                }
    _add_parts(result)
    _open_rows(result)
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    names: dict[str, str] = {}
    for name in schemas:
        names[name] = _name(name, {*schemas, *names.values()})
    result["components"]["schemas"] = {names[name]: schema for name, schema in schemas.items()}
    _rename(result, {f"{_REF}{old}": f"{_REF}{new}" for old, new in names.items()})
    return result


_REF = "#/components/schemas/"


def _add_parts(result: dict[str, Any]) -> None:
    """Where `fields` may leave members out, an answer is the whole object or a part of it."""
    schemas = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            if "fields" not in {p["name"] for p in operation.get("parameters", ())}:
                continue
            media = operation["responses"]["200"]["content"]["application/json"]
            page = schemas[media["schema"]["$ref"].removeprefix(_REF)]
            if "results" in page["properties"]:
                rows = page["properties"]["results"]
                rows["items"] = _or_part(rows["items"], schemas)
            else:
                media["schema"] = _or_part(media["schema"], schemas)


def _open_rows(result: dict[str, Any]) -> None:
    """A row of a bulk request may be anything: if it is wrong its own answer says so."""
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("BulkInRequest"):
            for rows in schema["properties"].values():
                rows |= {"items": {"anyOf": [rows["items"], {}]}, "minItems": 1, "maxItems": 500}


def _or_part(whole: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in whole:
        return whole
    name = whole["$ref"].removeprefix(_REF)
    part = {key: value for key, value in schemas[name].items() if key != "required"}
    part["description"] = f"What `fields` leaves of {name}."
    schemas[f"{name}Part"] = part
    return {"anyOf": [whole, {"$ref": f"{_REF}{name}Part"}]}


def _name(name: str, taken: set[str]) -> str:
    """The name that a developer sees: LineInRequest is LineInput, LineOut is Line."""
    for end, instead in (("InRequest", "Input"), ("Request", ""), ("Out", "")):
        if name.endswith(end):
            short = name.removesuffix(end) + instead
            return name if short in taken else short
    return name


def _rename(part: Any, names: dict[str, str]) -> None:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            part["$ref"] = names.get(part["$ref"], part["$ref"])
        for value in part.values():
            _rename(value, names)
    elif isinstance(part, list):
        for value in part:
            _rename(value, names)


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "crm.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of the company: Settings, API keys.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "crm.api.authentication.MemberSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A signed-in member, with `X-Kram-Company` and `X-CSRFToken`.",
        }
