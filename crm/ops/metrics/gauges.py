"""What is so at this moment, asked for when /metrics is."""

import time
from collections.abc import Iterator

from django.conf import settings

from crm.broker import queue_key
from crm.ops import heartbeats
from crm.ops.backlogs import read_backlogs
from crm.ops.metrics.counters import client
from crm.ops.metrics.text import write_gauge
from crm.ops.selectors import database_size, last_backup_seconds, list_connections

_FRESH_SECONDS = 10.0
_kept: tuple[float, list[str]] = (0.0, [])


def write_gauges() -> list[str]:
    """The lines of all gauges, at most a few seconds old: a hasty scraper costs no more."""
    global _kept
    if time.monotonic() - _kept[0] > _FRESH_SECONDS or not _kept[1]:
        _kept = (time.monotonic(), list(_write()))
    return _kept[1]


def forget() -> None:
    global _kept
    _kept = (0.0, [])


def queue_length() -> int:
    """Calls that wait in the broker."""
    names = (queue_key(queue.name) for queue in settings.CELERY_TASK_QUEUES)
    return sum(int(client().llen(name)) for name in names)  # type: ignore[arg-type]


def _write() -> Iterator[str]:
    backlogs = read_backlogs()
    for name, text, field in (
        ("kram_backlog_waiting", "Due and not done.", "waiting"),
        ("kram_backlog_failed", "Given up, for a person to see.", "failed"),
        ("kram_backlog_oldest_seconds", "Age of the oldest that waits.", "oldest_seconds"),
    ):
        rows = [({"kind": one.kind.key}, float(getattr(one, field))) for one in backlogs]
        yield from write_gauge(name, text, rows)
    yield from write_gauge("kram_queue_length", "Calls in the broker.", [({}, queue_length())])
    yield from write_gauge(
        "kram_database_connections",
        "Connections to the database.",
        [({"login": login}, count) for login, count in list_connections()],
    )
    yield from write_gauge("kram_database_bytes", "Its size.", [({}, database_size())])
    kinds = [one.kind for one in heartbeats.list_processes()]
    yield from write_gauge(
        "kram_processes",
        "Processes that say they live.",
        [({"kind": kind}, kinds.count(kind)) for kind in ("worker", "beat")],
    )
    for name, text, value in (
        ("kram_tick_age_seconds", "Since the last scheduled task ran.", _tick()),
        ("kram_backup_age_seconds", "Since the last backup.", last_backup_seconds()),
    ):
        if value is not None:
            yield from write_gauge(name, text, [({}, value)])


def _tick() -> float | None:
    return heartbeats.seconds_since_tick()
