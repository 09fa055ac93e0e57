"""Reads across tenants, for the scheduler alone. Nothing else may use the `system` login."""

from django.db import connections


def tenants_with_rows(*, table: str, condition: str, limit: int = 1000) -> list[int]:
    """Return ids of active tenants that have a row in `table` for which `condition` holds.

    Both arguments are SQL written by us in code, never input. One query however many tenants.
    """
    sql = (
        "SELECT t.id FROM tenancy_tenant t WHERE t.active AND EXISTS"
        f" (SELECT 1 FROM {table} r WHERE r.tenant_id = t.id AND {condition})"
        " ORDER BY t.id LIMIT %s"
    )
    with connections["system"].cursor() as cursor:
        cursor.execute(sql, [limit])
        return [row[0] for row in cursor.fetchall()]
