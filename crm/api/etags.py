"""ETags. A resource's begins with its version, so that `If-Match` needs only that part."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified

from crm.api.problems import Problem

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TAG = re.compile(r'\s*(?:W/)?"(?:v(\d{1,18})[^"]*)"\s*')


def write_etag(response: HttpResponse, version: int | None = None) -> None:
    """Name the content: "v<version>-<checksum>", or only the checksum for a list."""
    checksum = hashlib.blake2b(response.content, digest_size=8).hexdigest()
    response["ETag"] = f'"v{version}-{checksum}"' if version is not None else f'"{checksum}"'


def not_modified(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return 304 when the caller has this very content, else the response."""
    wanted = request.headers.get("If-None-Match", "")
    if not wanted:
        return response
    etag = response["ETag"]
    tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
    if etag not in tags and wanted.strip() != "*":
        return response
    same = HttpResponseNotModified()
    same["ETag"] = etag
    return same


def expected_version(request: HttpRequest) -> int | None:
    """Return the version named by `If-Match`; None without the header or for "*"."""
    header = request.headers.get("If-Match", "")
    if not header or header.strip() == "*":
        return None
    match = _TAG.fullmatch(header)
    if match is None:
        raise Problem("invalid_header", header="If-Match")
    return int(match[1])


def stale(version: int | None = None) -> Problem:
    """The problem of a write that was decided on an older version."""
    facts: dict[str, Any] = {} if version is None else {"version": version}
    return Problem("stale", **facts)


# --- Versions of rows that have only the time of their last change -----------------------------


def microseconds(moment: datetime) -> int:
    """The version that a time stands for."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(version: int | None) -> datetime | None:
    """The time that a version stands for; one that no time can be is the distant past."""
    if version is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=version)
    except OverflowError:
        return _EPOCH
