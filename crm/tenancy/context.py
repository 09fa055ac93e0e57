"""Which tenant the running code works for.

The scope is opened at a door (a page's URL, an API key, a job, a command) and closed there.
Inside it every outermost transaction tells the database the tenant, and row-level security
lets no other tenant's row through.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connections

_current: ContextVar[int | None] = ContextVar("kram_tenant", default=None)


class NoTenant(RuntimeError):
    """Code that touches tenant rows ran outside a tenant scope."""


class ScopeInTransaction(RuntimeError):
    """A scope was opened inside a transaction, whose database setting would stay the old one."""


def current_tenant_id() -> int:
    """Return the id of the tenant in scope; raise NoTenant where there is none."""
    tenant_id = _current.get()
    if tenant_id is None:
        raise NoTenant("No tenant in scope: open tenant_scope() at the door of this code.")
    return tenant_id


def peek_tenant_id() -> int | None:
    """Return the id of the tenant in scope, or None."""
    return _current.get()


def set_local(cursor: Any, tenant_id: int | None) -> None:
    """Tell the open transaction its tenant. A SET statement: it reaches Citus shards too."""
    value = "" if tenant_id is None else str(int(tenant_id))
    cursor.execute(f"SET LOCAL app.tenant_id = '{value}'")


@contextmanager
def tenant_scope(tenant_id: int) -> Iterator[None]:
    """Work for one tenant. Must be opened before the transaction that it covers.

    Raises ScopeInTransaction inside an open transaction. The transactions that wrap a whole
    test are the exception: there the setting is changed at once and put back at the end.
    """
    tenant_id = int(tenant_id)
    connection = connections["default"]
    open_blocks = connection.atomic_blocks if connection.in_atomic_block else []
    if any(not getattr(block, "_from_testcase", False) for block in open_blocks):
        if _current.get() == tenant_id:
            yield
            return
        raise ScopeInTransaction("Open tenant_scope() before the transaction, not inside it.")
    before = _current.get()
    token = _current.set(tenant_id)
    try:
        if open_blocks:
            with connection.cursor() as cursor:
                set_local(cursor, tenant_id)
        yield
    finally:
        _current.reset(token)
        if open_blocks and not connection.needs_rollback and connection.in_atomic_block:
            with connection.cursor() as cursor:
                set_local(cursor, before)
