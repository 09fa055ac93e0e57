"""Which processes are alive: each says so every few seconds, and is forgotten when it does not."""

import json
import os
import socket
import threading
import time
from dataclasses import dataclass

import redis

from crm.broker import own_name
from crm.ops.metrics.counters import client

EVERY_SECONDS = 15
KEPT_SECONDS = 50
_PREFIX = own_name("alive:")
_TICK = own_name("alive-tick")


@dataclass(frozen=True, slots=True)
class Process:
    kind: str
    host: str
    pid: int
    started_at: float


def keep_saying(kind: str) -> threading.Thread:
    """Say from now on that this process lives, until it ends."""
    body = json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "started_at": time.time()})
    key = f"{_PREFIX}{kind}:{socket.gethostname()}:{os.getpid()}"

    def run() -> None:
        stop = threading.Event()
        while True:
            try:
                client().set(key, body, ex=KEPT_SECONDS)
            except redis.RedisError:
                pass  # the next time
            if stop.wait(EVERY_SECONDS):
                return

    thread = threading.Thread(target=run, name=f"kram-alive-{kind}", daemon=True)
    thread.start()
    return thread


def list_processes() -> list[Process]:
    found = []
    for key in client().scan_iter(f"{_PREFIX}*", count=500):
        body = client().get(key)
        if body:
            kind = key.decode().removeprefix(_PREFIX).split(":", 1)[0]
            found.append(Process(kind=kind, **json.loads(body)))
    return sorted(found, key=lambda one: (one.kind, one.host, one.pid))


def note_tick() -> None:
    """The scheduler asked, the broker carried, a worker did: all three live."""
    client().set(_TICK, time.time())


def seconds_since_tick() -> float | None:
    said = client().get(_TICK)
    return max(0.0, time.time() - float(said)) if said else None
