"""Asks for a drain after commit, at most one waiting request for each tenant.

A process that answers people asks from a thread beside them (`ask_beside`): nobody's answer waits
for the broker, and what is stored in the same hundredth of a second is asked for once.
"""

import atexit
import logging
import os
import time
from collections import deque
from threading import Event, Thread

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction

from crm.broker import own_name
from crm.once import once

logger = logging.getLogger(__name__)
_FLAG_SECONDS = 5
_GATHER_SECONDS = 0.01


@once
def _client() -> redis.Redis:
    # Not Django's cache: it takes twice the time, and this runs after every order.
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, health_check_interval=30
    )


def wake_after_commit(tenant_id: int) -> None:
    """Have the tenant's outbox drained soon after this transaction commits.

    Nothing is lost when the broker is away: the sweep finds the rows by itself.
    """
    connection = transaction.get_connection()
    hooks = (func for _sids, func, *_ in connection.run_on_commit)
    if any(isinstance(func, _Wake) and func.tenant_id == tenant_id for func in hooks):
        return
    transaction.on_commit(_Wake(tenant_id), robust=True)


class _Wake:
    """A callable that can be recognised among the transaction's on-commit hooks."""

    def __init__(self, tenant_id: int) -> None:
        self.tenant_id = tenant_id
        # Django names a hook that failed by this.
        self.__qualname__ = type(self).__qualname__

    def __call__(self) -> None:
        if _beside.is_on:
            _beside.ask(self.tenant_id)
        else:
            _ask(self.tenant_id)


def _ask(tenant_id: int) -> None:
    # The drain takes the flag down before it reads, so an event committed after the flag
    # was found standing is still seen by that drain.
    if _client().set(flag_key(tenant_id), 1, nx=True, ex=_FLAG_SECONDS):
        current_app.send_task("outbox.drain", args=[tenant_id])


class _Beside:
    """The thread that asks, and whom it is to ask for. What it loses the sweep finds."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """A child of this process has no thread, and asks by itself."""
        self.is_on = False
        self._wanted: deque[int] = deque()
        self._called = Event()

    def start(self) -> None:
        if not self.is_on:
            self.is_on = True
            Thread(target=self._work, name="outbox-wake", daemon=True).start()

    def ask(self, tenant_id: int) -> None:
        self._wanted.append(tenant_id)
        self._called.set()

    def flush(self) -> None:
        """Ask for all that is wanted, each once."""
        tenants = set()
        while self._wanted:
            tenants.add(self._wanted.popleft())
        for tenant_id in tenants:
            try:
                _ask(tenant_id)
            except Exception as error:
                logger.warning("The outbox was not woken: %s", error)

    def _work(self) -> None:
        while True:
            self._called.wait()
            self._called.clear()
            self.flush()
            time.sleep(_GATHER_SECONDS)


_beside = _Beside()
os.register_at_fork(after_in_child=_beside.forget)


def ask_beside() -> None:
    """Have this process ask from a thread of its own. Call it in the process that answers."""
    _beside.start()
    atexit.register(_beside.flush)


def flag_key(tenant_id: int) -> str:
    return own_name(f"outbox-wake:{tenant_id}")


def lower_flag(tenant_id: int) -> None:
    """Let the next event ask for a drain again."""
    _client().delete(flag_key(tenant_id))
