"""POSTs that may be sent again: the second gets the first one's answer (docs/api.md).

The answer is stored in the transaction that did the work, so there is never one without the
other; where the work is one statement, in that very statement (`answer_beside`). An advisory
lock held to the end of that transaction tells a repeat that comes too early from one that may
run; the unique constraint is the last line behind it.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse

from crm.api import etags
from crm.api.problems import Problem, translate
from crm.tenancy.batch import Cte
from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_one

HEADER = "Idempotency-Key"
KEEP_HOURS = 72
# Headers of the answer that are a part of it.
_KEPT_HEADERS = ("ETag", "Location")
_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}")

COLUMNS = "r.request_hash, r.status, r.body, r.headers, r.started_at"
_FIND = f"""
SELECT pg_try_advisory_xact_lock(%s), {COLUMNS}
FROM (SELECT 1) AS one
LEFT JOIN api_idempotencyrecord r ON r.tenant_id = %s AND r.sender = %s AND r.key = %s
"""  # noqa: S608 - our own constants
_STORE = """
INSERT INTO api_idempotencyrecord
    (tenant_id, sender, key, request_hash, status, body, headers, started_at, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb, NULL, %s)
RETURNING id
"""
_STORE_BESIDE = """
INSERT INTO api_idempotencyrecord
    (tenant_id, sender, key, request_hash, status, body, headers, started_at, created_at)
VALUES (%s, %s, %s, %s, %s, %s::text || {value}::text || %s::text, %s::jsonb, NULL, %s)
"""
_VERSION = "version"


@dataclass(slots=True)
class Repeat:
    """One Idempotency-Key as it was found: free, being worked on, or done."""

    sender: str
    key: str
    free: bool
    request_hash: str | None = None
    status: int | None = None
    body: str | None = None
    headers: dict[str, Any] | None = None
    started_at: datetime | None = None
    # Of the request that is being answered, and whether its answer is stored already.
    wanted_hash: str = ""
    is_kept: bool = False


def read_key(request: HttpRequest) -> str:
    """Return the request's Idempotency-Key; empty where there is none."""
    key = request.headers.get(HEADER, "")
    if key and not _KEY.fullmatch(key):
        raise Problem("invalid_header", header=HEADER)
    return key


def lock_id(tenant_id: int, sender: str, key: str) -> int:
    """The number of the advisory lock that stands for a key."""
    text = f"{tenant_id}/{sender}/{key}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


def find_repeat(sender: str, key: str) -> Repeat:
    """Take the key's lock if it is free, and read what is stored. One statement."""
    tenant_id = current_tenant_id()
    row = fetch_one(_FIND, [lock_id(tenant_id, sender, key), tenant_id, sender, key])
    return repeat_of(sender, key, row or ())


def repeat_of(sender: str, key: str, row: tuple[Any, ...]) -> Repeat:
    """Make a Repeat of (lock taken, *COLUMNS)."""
    free, request_hash, status, body, headers, started_at = row
    if isinstance(headers, str):
        headers = json.loads(headers)
    return Repeat(sender, key, free, request_hash, status, body, headers, started_at)


def request_hash(request: HttpRequest, body: bytes) -> str:
    """What makes two requests the same: method, address and body."""
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + body).hexdigest()


def replay(repeat: Repeat, wanted_hash: str) -> HttpResponse | None:
    """Return the stored answer, or None when the request is to be worked on."""
    repeat.wanted_hash = wanted_hash
    if repeat.request_hash is not None:
        if repeat.request_hash != wanted_hash:
            raise Problem("idempotency_conflict")
        if repeat.status is not None:
            return _stored_answer(repeat)
    if not repeat.free:
        raise in_progress()
    return None


def answer_beside(
    repeat: Repeat,
    *,
    status: int,
    body: tuple[str, str, str],
    version: int,
    location: str,
    now: datetime,
) -> Cte:
    """The INSERT of an answer, to go with the statement that does the work.

    `body` is its text before and after a value that only this statement knows, between them the
    SQL of that value. The ETag is told from the whole text when the answer is given again.
    """
    head, value, tail = body
    kept = {"Location": location, _VERSION: version}
    params = [
        current_tenant_id(),
        repeat.sender,
        repeat.key,
        repeat.wanted_hash,
        status,
        head,
        tail,
        json.dumps(kept),
        now,
    ]
    return "answered", _STORE_BESIDE.replace("{value}", value), params


def in_progress() -> Problem:
    return Problem("idempotency_in_progress", headers={"Retry-After": "1"})


def store_answer(repeat: Repeat, response: HttpResponse, now: datetime) -> None:
    """Keep the answer, in the transaction that did the work."""
    if repeat.is_kept:
        return
    headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    # An answer that tells a secret is kept without it.
    kept = getattr(response, "kept_text", None) or response.content.decode()
    fetch_one(
        _STORE,
        [
            current_tenant_id(),
            repeat.sender,
            repeat.key,
            repeat.wanted_hash,
            response.status_code,
            kept,
            json.dumps(headers),
            now,
        ],
    )


_races = {"api_idempotency_key"}


def answer_race(constraint: str) -> None:
    """Have who breaks this constraint told to come again: the other one was quicker."""
    _races.add(constraint)


@translate(IntegrityError)
def _lost(error: IntegrityError) -> Problem | None:
    # It committed between our look and our lock: its rows stand there now.
    diagnosis = getattr(error.__cause__, "diag", None)
    return in_progress() if diagnosis and diagnosis.constraint_name in _races else None


def _stored_answer(repeat: Repeat) -> HttpResponse:
    response = HttpResponse(
        repeat.body or "", status=repeat.status, content_type="application/json"
    )
    headers = dict(repeat.headers or {})
    version = headers.pop(_VERSION, None)
    if version is not None:
        etags.write_etag(response, version)
    for name, value in headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response
