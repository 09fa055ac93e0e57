"""Many rows in one request, each in its own transaction: one bad row harms no other.

With an Idempotency-Key a request that was cut off is taken up where it stopped: the answer of
each row is stored in the row's own transaction, and put together when all are done.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crm.api import bodies, idempotency
from crm.api.idempotency import Repeat
from crm.api.problems import Problem, problem_of, report, value_error, wrong_value
from crm.api.views import ApiView, answer
from crm.tenancy.context import current_tenant_id

MAX_ROWS = 500
# A request that has not finished for so long was cut off: the next one takes it over.
LEASE = timedelta(minutes=2)

_BEGIN = """
INSERT INTO api_idempotencyrecord
    (tenant_id, sender, key, request_hash, status, body, headers, started_at, created_at)
VALUES (%s, %s, %s, %s, NULL, NULL, '{}', %s, %s)
ON CONFLICT (tenant_id, sender, key) DO UPDATE SET started_at = excluded.started_at
"""
_STORE_ROW = """
INSERT INTO api_idempotencyrecord
    (tenant_id, sender, key, request_hash, status, body, headers, started_at, created_at)
VALUES (%s, %s, %s, '', %s, %s, '{}', NULL, %s)
"""
_READ_ROWS = """
SELECT key, body FROM api_idempotencyrecord
WHERE tenant_id = %s AND sender = %s AND key = ANY(%s)
"""
_FORGET_ROWS = (
    "DELETE FROM api_idempotencyrecord WHERE tenant_id = %s AND sender = %s AND key = ANY(%s)"
)
_FINISH = """
UPDATE api_idempotencyrecord SET status = %s, body = %s, started_at = NULL
WHERE tenant_id = %s AND sender = %s AND key = %s
"""


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one row that was done."""

    status: int
    data: dict[str, Any]


class BulkView(ApiView):
    """Subclasses name the list in the body and do one row."""

    commits_itself = True
    max_body = bodies.MAX_BULK_BODY
    rows_name: ClassVar[str]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponse]:  # type: ignore[override]
        return transaction.non_atomic_requests(super().as_view(**initkwargs))

    def do_row(self, raw: Any, now: datetime) -> RowAnswer:
        """Check and do one row; runs in its transaction. Raises what actions raise."""
        raise NotImplementedError

    def post(self, request: Any) -> HttpResponse:
        raise NotImplementedError("answered by _answer()")

    def _answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            handler = self._enter(request)
            if request.method != "POST":
                return handler(self.request, *args, **kwargs)
            self.read_params()
            rows = self._read_rows()
            repeat = self.caller.repeat
            stored = self._begin(repeat) if repeat else None
        if stored is not None:
            return stored
        done = self._rows_done(repeat, len(rows)) if repeat and repeat.request_hash else {}
        results = [
            done.get(place) or self._work(place, raw, repeat) for place, raw in enumerate(rows)
        ]
        response = answer({"results": results})
        if repeat:
            self._finish_all(repeat, response, len(rows))
        return response

    def _read_rows(self) -> list[Any]:
        data = self.read_raw()
        pointer = f"/{self.rows_name}"
        if not isinstance(data, dict):
            raise wrong_value("", "not_an_object")
        unknown = [key for key in data if key != self.rows_name]
        if unknown:
            errors = [value_error(f"/{key}", "unknown_field") for key in unknown[:20]]
            raise Problem("validation_error", errors=errors)
        rows = data.get(self.rows_name)
        if not isinstance(rows, list):
            raise wrong_value(pointer, "required" if rows is None else "not_a_list")
        if not rows:
            raise wrong_value(pointer, "empty")
        if len(rows) > MAX_ROWS:
            raise wrong_value(pointer, "max_length", limit=MAX_ROWS)
        return rows

    def _work(self, place: int, raw: Any, repeat: Repeat | None) -> dict[str, Any]:
        now = timezone.now()
        try:
            with transaction.atomic():
                done = self.do_row(raw, now)
                result = {"index": place, "status": done.status, "data": done.data}
                if repeat:
                    _store_row(repeat, place, result, now)
        except Exception as error:
            problem = problem_of(error) or report(error, self.request._request)
            _point_into_row(problem, f"/{self.rows_name}/{place}")
            return {"index": place, "status": problem.status, "problem": problem.body()}
        return result

    # --- Sent again -------------------------------------------------------------------------

    def _begin(self, repeat: Repeat) -> HttpResponse | None:
        """Return the stored answer, or mark the request as being worked on."""
        wanted = idempotency.request_hash(self.request._request, self.body)
        stored = idempotency.replay(repeat, wanted)
        if stored is not None:
            return stored
        now = timezone.now()
        if repeat.started_at is not None and repeat.started_at > now - LEASE:
            raise idempotency.in_progress()
        tenant_id = current_tenant_id()
        with connection.cursor() as cursor:
            cursor.execute(_BEGIN, [tenant_id, repeat.sender, repeat.key, wanted, now, now])
        return None

    def _rows_done(self, repeat: Repeat, count: int) -> dict[int, dict[str, Any]]:
        keys = _row_keys(repeat, count)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_READ_ROWS, [current_tenant_id(), _row_sender(repeat), keys])
            found = dict(cursor.fetchall())
        return {place: json.loads(found[key]) for place, key in enumerate(keys) if key in found}

    def _finish_all(self, repeat: Repeat, response: HttpResponse, count: int) -> None:
        tenant_id = current_tenant_id()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_FORGET_ROWS, [tenant_id, _row_sender(repeat), _row_keys(repeat, count)])
            body = response.content.decode()
            cursor.execute(
                _FINISH, [response.status_code, body, tenant_id, repeat.sender, repeat.key]
            )


def _row_sender(repeat: Repeat) -> str:
    return f"{repeat.sender}/row"


def _row_key(repeat: Repeat, place: int) -> str:
    # The key's hash: a key of 255 characters leaves no room for the number.
    return f"{hashlib.sha256(repeat.key.encode()).hexdigest()}#{place}"


def _row_keys(repeat: Repeat, count: int) -> list[str]:
    return [_row_key(repeat, place) for place in range(count)]


def _store_row(repeat: Repeat, place: int, result: dict[str, Any], now: datetime) -> None:
    key = _row_key(repeat, place)
    text = json.dumps(result, ensure_ascii=False)
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE_ROW,
            [current_tenant_id(), _row_sender(repeat), key, result["status"], text, now],
        )


def _point_into_row(problem: Problem, place: str) -> None:
    problem.errors = [
        {**entry, "pointer": place + entry["pointer"]} if "pointer" in entry else entry
        for entry in problem.errors
    ]
