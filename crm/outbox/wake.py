"""Asks for a drain after commit, at most one waiting request for each tenant."""

from functools import cache

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction

_FLAG_SECONDS = 5


@cache
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
        # The drain takes the flag down before it reads, so an event committed after the flag
        # was found standing is still seen by that drain.
        if _client().set(flag_key(self.tenant_id), 1, nx=True, ex=_FLAG_SECONDS):
            current_app.send_task("outbox.drain", args=[self.tenant_id])


def flag_key(tenant_id: int) -> str:
    return f"kram:outbox-wake:{tenant_id}"


def lower_flag(tenant_id: int) -> None:
    """Let the next event ask for a drain again."""
    _client().delete(flag_key(tenant_id))
