"""What a table holds in a few figures: rows, a sum over all rows' hashes, sums of its numbers."""

from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from crm.ops.backup.catalogue import Table


@dataclass(frozen=True, slots=True)
class Digest:
    """Equal digests mean equal rows, in whatever order they lie."""

    rows: int
    hash: str
    sums: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def digest_table(session: psycopg.Connection, table: Table) -> Digest:
    """Read a table through once."""
    sums = sql.SQL("").join(
        sql.SQL(", coalesce(sum({}), 0)::text").format(sql.Identifier(name)) for name in table.sums
    )
    query = sql.SQL(
        "SELECT count(*), coalesce(sum(hashtextextended(ROW({})::text, 0)::numeric), 0)::text{}"
        " FROM {}"
    ).format(table.column_list, sums, sql.Identifier(table.name))
    row = session.execute(query).fetchone()
    assert row is not None
    return Digest(row[0], row[1], dict(zip(table.sums, row[2:], strict=True)))
