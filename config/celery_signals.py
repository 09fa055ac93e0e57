"""Around every background task: the id of the request that asked for it, and its numbers."""

import time
from typing import Any

from celery import signals

from crm.audit.request_id import request_id
from crm.ops.heartbeats import keep_saying
from crm.ops.metrics.counters import count, flush, observe

HEADER = "kram_request_id"
_begun: dict[str, tuple[float, Any]] = {}


def connect() -> None:
    signals.before_task_publish.connect(_send_along, weak=False)
    signals.task_prerun.connect(_begin, weak=False)
    signals.task_postrun.connect(_end, weak=False)
    signals.worker_process_shutdown.connect(lambda **_: flush(), weak=False)
    signals.worker_ready.connect(lambda **_: keep_saying("worker"), weak=False)
    signals.beat_init.connect(lambda **_: keep_saying("beat"), weak=False)


def _send_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    current = request_id.get()
    if current and headers is not None:
        headers[HEADER] = current


def _begin(task_id: str, task: Any, **_: Any) -> None:
    # A task that nobody's request asked for has its own id for one.
    given = getattr(task.request, HEADER, None) or (task.request.headers or {}).get(HEADER)
    token = request_id.set(str(given or task_id)[:36])
    _begun[task_id] = (time.perf_counter(), token)


def _end(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    begun, token = _begun.pop(task_id, (None, None))
    if begun is None or token is None:
        return
    count("kram_tasks_total", task.name, str(state or "UNKNOWN").lower())
    observe("kram_task_seconds", time.perf_counter() - begun, task.name)
    request_id.reset(token)
