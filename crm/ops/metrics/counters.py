"""Counts and times, gathered in the process and handed to Valkey every few seconds.

On the way of a request this costs a lock and a few additions. All processes add to one hash, so
whichever of them is asked for /metrics answers for all. What a killed process had not handed
over is lost: a few seconds of numbers.
"""

import atexit
import logging
import os
import threading
from bisect import bisect_left
from collections import defaultdict

import redis
from django.conf import settings

from crm.broker import own_name
from crm.once import once

logger = logging.getLogger(__name__)

KEY = own_name("metrics")
FLUSH_SECONDS = 5.0
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
_SEPARATOR = "\x1f"
_MAX_FIELDS = 20_000

_lock = threading.Lock()
_pending: dict[str, int] = defaultdict(int)
_flusher: threading.Thread | None = None


@once
def client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def count(name: str, *labels: str, by: int = 1) -> None:
    """Add to a counter. Labels come from code (routes, states), never from people's data."""
    with _lock:
        _pending[_SEPARATOR.join(("c", name, *labels))] += by
    _ensure_flusher()


def observe(name: str, seconds: float, *labels: str) -> None:
    """Add a duration to a histogram."""
    place = bisect_left(BOUNDS, seconds)
    prefix = _SEPARATOR.join(("h", name, *labels, ""))
    with _lock:
        _pending[f"{prefix}{place}"] += 1
        _pending[f"{prefix}sum"] += int(seconds * 1_000_000)
    _ensure_flusher()


def flush() -> None:
    """Hand over what was gathered; keep it for the next time where Valkey is away."""
    with _lock:
        if not _pending:
            return
        taken = dict(_pending)
        _pending.clear()
    try:
        with client().pipeline(transaction=False) as pipe:
            for field, amount in taken.items():
                pipe.hincrby(KEY, field, amount)
            pipe.execute()
    except redis.RedisError as error:
        logger.warning("numbers are kept for later: %s", type(error).__name__)
        with _lock:
            if len(_pending) < _MAX_FIELDS:
                for field, amount in taken.items():
                    _pending[field] += amount


def read_all() -> dict[tuple[str, ...], int]:
    """Everything that all processes have handed over: (kind, name, labels…) to its amount."""
    flush()
    found: dict[bytes, bytes] = client().hgetall(KEY)  # type: ignore[assignment]
    return {tuple(field.decode().split(_SEPARATOR)): int(amount) for field, amount in found.items()}


def _ensure_flusher() -> None:
    global _flusher
    if _flusher is not None:
        return
    with _lock:
        if _flusher is None:
            _flusher = threading.Thread(target=_run, name="kram-metrics", daemon=True)
            _flusher.start()
            atexit.register(flush)


def _run() -> None:
    stop = threading.Event()
    while not stop.wait(FLUSH_SECONDS):
        flush()


def _forget_after_fork() -> None:
    """A child has neither its parent's thread nor a share in its numbers."""
    global _flusher, _lock
    _lock = threading.Lock()
    _flusher = None
    _pending.clear()
    client.forget()


os.register_at_fork(after_in_child=_forget_after_fork)
