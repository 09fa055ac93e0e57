"""Rows of several tables stored by one statement.

The database works through them in one message, so a lock taken by the statement (the number of
an order, say) is held for no round trip but the commit's.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connections, models
from django.db.models import sql

from crm.tenancy.context import current_tenant_id

Cte = tuple[str, str, Sequence[Any]]


def insert_together(
    groups: Sequence[Sequence[models.Model]],
    *,
    before: Sequence[Cte] = (),
    returning: str = "1",
    using: str = "default",
) -> tuple[Any, ...]:
    """INSERT every group (rows of one model each) as CTEs of one statement.

    `before` holds named CTEs (name, SQL, parameters) that the rows' values may read, given as
    RawSQL expressions; `returning` is the final SELECT's list, which may read them as well.
    Foreign keys between the groups are checked at the end of the statement, so rows may refer
    to each other by ids drawn beforehand (see `draw_ids`).
    """
    connection = connections[using]
    tenant_id = current_tenant_id()
    parts: list[str] = []
    params: list[Any] = []
    for name, cte, cte_params in before:
        parts.append(f"{name} AS ({cte})")
        params.extend(cte_params)
    for position, rows in enumerate(group for group in groups if group):
        for row in rows:
            if row.tenant_id != tenant_id:  # type: ignore[attr-defined]
                raise ValueError("A row of another tenant was given to insert_together().")
        model = type(rows[0])
        has_pk = rows[0].pk is not None
        fields = [f for f in model._meta.concrete_fields if has_pk or not f.primary_key]
        query = sql.InsertQuery(model)
        query.insert_values(fields, list(rows))
        statements = query.get_compiler(connection=connection).as_sql()
        for number, (statement, statement_params) in enumerate(statements):
            parts.append(f"i{position}_{number} AS ({statement})")
            params.extend(statement_params)
    statement = f"WITH {', '.join(parts)} SELECT {returning}"
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchone()


def draw_ids(*wanted: tuple[type[models.Model], int], using: str = "default") -> list[list[int]]:
    """Draw ids of several tables in one round trip: `draw_ids((Order, 1), (Line, 3))`."""
    # The name that the database gives an identity column's sequence.
    selects = ", ".join(
        f"ARRAY(SELECT nextval('{model._meta.db_table}_id_seq') FROM generate_series(1, {int(n)}))"
        for model, n in wanted
    )
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {selects}")
        return [list(ids) for ids in cursor.fetchone()]
