"""Reading a body: bounded, strict JSON, and nothing that the database can't store."""

import json
import re
from decimal import Decimal
from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, UnreadablePostError

from crm.api.problems import Problem, escape, value_error

MAX_BODY = 1024 * 1024
MAX_BULK_BODY = 5 * 1024 * 1024
_MAX_DEPTH = 40
# JSON can spell them, text columns can't hold them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read_body(request: HttpRequest, limit: int) -> bytes:
    """Return the raw body, or refuse it before it is read where its length is known."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > limit:
        raise Problem("body_too_large", limit=limit)
    try:
        body = request.body
    except RequestDataTooBig:
        raise Problem("body_too_large", limit=limit) from None
    except UnreadablePostError:
        raise Problem("bad_request") from None
    if len(body) > limit:
        raise Problem("body_too_large", limit=limit)
    return body


def parse_json(body: bytes) -> Any:
    """Parse strictly; fractions become Decimal, so that money is never a float."""
    try:
        text = body.decode("utf-8")
        data = json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_make_object,
        )
    except (ValueError, RecursionError) as error:
        raise Problem("malformed_json", _reason(error)) from None
    if "\\u" in text:
        _check_texts(data, "", 0)
    return data


def check_media_type(request: HttpRequest) -> None:
    """Refuse a body that does not say that it is JSON."""
    if request.content_type != "application/json":
        raise Problem("unsupported_media_type")
    charset = request.content_params.get("charset", "utf-8") if request.content_params else "utf-8"
    if charset.lower().replace("_", "-") not in {"utf-8", "utf8"}:
        raise Problem("unsupported_media_type")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


class _NamedTwice(ValueError):
    """A member of an object stands in it twice: which of them is meant nobody can tell."""


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _value in pairs]
        raise _NamedTwice(next(name for name in names if names.count(name) > 1))
    return made


def _reason(error: Exception) -> str:
    if isinstance(error, _NamedTwice):
        return f"Duplicate name: {str(error)[:100]!r}"
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} ({error.lineno}:{error.colno})"
    return ""


def _check_texts(data: Any, pointer: str, depth: int) -> None:
    if isinstance(data, str):
        if _UNSTORABLE.search(data):
            raise Problem("malformed_json", errors=[value_error(pointer, "invalid")])
    elif depth > _MAX_DEPTH:
        raise Problem("malformed_json")
    elif isinstance(data, dict):
        for key, value in data.items():
            if _UNSTORABLE.search(key):
                raise Problem("malformed_json", errors=[value_error(pointer, "invalid")])
            _check_texts(value, f"{pointer}/{escape(key)}", depth + 1)
    elif isinstance(data, list):
        for place, value in enumerate(data):
            _check_texts(value, f"{pointer}/{place}", depth + 1)
