"""Asks for a drain after commit, at most one waiting request for each tenant."""

import logging

from celery import current_app
from django.core.cache import cache
from django.db import transaction

from crm.tenancy.context import peek_tenant_id

logger = logging.getLogger(__name__)
_FLAG_SECONDS = 5


def wake_after_commit(tenant_id: int) -> None:
    """Have the tenant's outbox drained soon after this transaction commits.

    Nothing is lost when the broker is away: the sweep finds the rows by itself.
    """
    connection = transaction.get_connection()
    pending = {
        (func.args if hasattr(func, "args") else None)
        for _sids, func, *_ in connection.run_on_commit
    }
    if (tenant_id,) in pending:
        return
    transaction.on_commit(_Wake(tenant_id), robust=True)


class _Wake:
    """A callable that can be recognised among the transaction's on-commit hooks."""

    def __init__(self, tenant_id: int) -> None:
        self.args = (tenant_id,)

    def __call__(self) -> None:
        (tenant_id,) = self.args
        # The drain takes the flag down before it reads, so an event committed after the flag
        # was found standing is still seen by that drain.
        if cache.add(flag_key(tenant_id), 1, _FLAG_SECONDS):
            current_app.send_task("outbox.drain", args=[tenant_id])


def flag_key(tenant_id: int) -> str:
    return f"outbox-wake:{tenant_id}"


def lower_flag(tenant_id: int | None = None) -> None:
    tenant_id = peek_tenant_id() if tenant_id is None else tenant_id
    if tenant_id is not None:
        cache.delete(flag_key(tenant_id))
