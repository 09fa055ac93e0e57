"""Rows of several tables stored by one statement.

The database works through them in one message, so a lock taken by the statement (the number of
an order, say) is held for no round trip but the commit's.
"""

from collections.abc import Collection, Sequence
from enum import Enum
from functools import cache
from typing import Any

from django.db import connections, models

from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_one, fetch_raw

Cte = tuple[str, str, Sequence[Any]]


class Sql(str):
    """A piece of our own SQL in place of a value, such as a look into a CTE."""


@cache
def _fields(model: type[models.Model], with_pk: bool) -> tuple[str, list[models.Field]]:
    """The INSERT's head for a model, and the fields whose values follow."""
    fields = [f for f in model._meta.concrete_fields if with_pk or not f.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ', fields  # noqa: S608


def insert_together(
    groups: Sequence[Sequence[models.Model]],
    *,
    before: Sequence[Cte] = (),
    returning: str = "1",
    using: str = "default",
) -> tuple[Any, ...]:
    """INSERT every group (rows of one model each) as CTEs of one statement.

    `before` holds named CTEs (name, SQL, parameters) that the rows' values may read, given as
    `Sql`; `returning` is the final SELECT's list, which may read them as well.
    Foreign keys between the groups are checked at the end of the statement, so rows may refer
    to each other by ids drawn beforehand (see `draw_ids`).
    """
    connection = connections[using]
    tenant_id = current_tenant_id()
    parts: list[str] = []
    params: list[Any] = []
    for name, cte, cte_params in before:
        for value in cte_params:
            params.append(value)
            cte = cte.replace("%s", f"${len(params)}", 1)
        parts.append(f"{name} AS ({cte})")
    for position, rows in enumerate(group for group in groups if group):
        head, fields = _fields(type(rows[0]), rows[0].pk is not None)
        tuples = []
        for row in rows:
            if row.tenant_id != tenant_id:  # type: ignore[attr-defined]
                raise ValueError("A row of another tenant was given to insert_together().")
            marks: list[str] = []
            for field in fields:
                value = field.pre_save(row, add=True)
                if isinstance(value, Sql):
                    marks.append(value)
                    continue
                value = field.get_db_prep_save(value, connection)
                params.append(value.value if isinstance(value, Enum) else value)
                marks.append(f"${len(params)}")
            tuples.append(f"({', '.join(marks)})")
        parts.append(f"i{position} AS ({head}{', '.join(tuples)})")
    answer = fetch_raw(f"WITH {', '.join(parts)} SELECT {returning}", params, using=using)
    assert answer is not None
    return answer


def update_of(
    row: models.Model, names: Collection[str], *, name: str, using: str = "default"
) -> Cte:
    """The UPDATE of a row's named fields as a CTE for `insert_together`."""
    connection = connections[using]
    sets, params = [], []
    for field_name in sorted(names):
        field = row._meta.get_field(field_name)
        value = field.get_db_prep_save(getattr(row, field.attname), connection)  # type: ignore[union-attr]
        sets.append(f'"{field.column}" = %s')  # type: ignore[union-attr]
        params.append(value.value if isinstance(value, Enum) else value)
    table = row._meta.db_table
    statement = f'UPDATE "{table}" SET {", ".join(sets)} WHERE tenant_id = %s AND id = %s'  # noqa: S608 - our own names
    return name, statement, [*params, row.tenant_id, row.pk]  # type: ignore[attr-defined]


def draw_ids(
    *wanted: tuple[type[models.Model], int],
    also: tuple[str, Sequence[Any]] | None = None,
    using: str = "default",
) -> list[Any]:
    """Draw ids of several tables in one round trip: `draw_ids((Order, 1), (Line, 3))`.

    `also` is a SELECT of one value (with its parameters), which follows the lists of ids.
    """
    # The name that the database gives an identity column's sequence.
    selects = [
        f"ARRAY(SELECT nextval('{model._meta.db_table}_id_seq') FROM generate_series(1, {int(n)}))"  # noqa: S608
        for model, n in wanted
    ]
    params: Sequence[Any] = ()
    if also is not None:
        statement, params = also
        selects.append(f"({statement})")
    row = fetch_one(f"SELECT {', '.join(selects)}", params, using=using)
    assert row is not None
    return list(row)
