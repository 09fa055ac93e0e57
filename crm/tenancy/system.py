"""Reads across tenants: for the scheduler, and for the operator of the service (crm.ops).

Nothing else may use the `system` login.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connections, transaction


def tenants_with_rows(*, table: str, condition: str, limit: int = 1000) -> list[int]:
    """Return ids of active tenants that have a row in `table` for which `condition` holds.

    Both arguments are SQL written by us in code, never input. One query however many tenants.
    """
    return [
        row[0]
        for row in _fetch(
            "SELECT t.id FROM tenancy_tenant t WHERE t.active AND EXISTS"  # noqa: S608
            f" (SELECT 1 FROM {table} r WHERE r.tenant_id = t.id AND {condition})"
            " ORDER BY t.id LIMIT %s",
            limit,
        )
    ]


def rows_of_tenants(*, table: str, condition: str, limit: int = 1000) -> list[tuple[int, int]]:
    """Return (tenant id, id) of rows of active tenants for which `condition` holds.

    Both arguments are SQL written by us in code, never input.
    """
    return _fetch(
        "SELECT t.id, r.id FROM tenancy_tenant t"  # noqa: S608
        f" JOIN {table} r ON r.tenant_id = t.id AND {condition}"
        " WHERE t.active ORDER BY t.id, r.id LIMIT %s",
        limit,
    )


def read_for_operator(statement: str, params: Sequence[Any] = ()) -> list[tuple]:
    """Run a SELECT of ours over all tenants, in a transaction that can't write and soon ends.

    For crm.ops alone: its numbers name no company, and its pages write down who looked.
    """
    with transaction.atomic(using="system"), connections["system"].cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = '10s'")
        cursor.execute(statement, params)
        return cursor.fetchall()


def _fetch(sql: str, limit: int) -> list[tuple]:
    with connections["system"].cursor() as cursor:
        cursor.execute(sql, [limit])
        return cursor.fetchall()
