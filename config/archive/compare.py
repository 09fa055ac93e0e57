"""A fingerprint of a table's rows, and the two sides beside each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection

from config.archive.figures import Figure
from config.archive.manifest import TableFacts
from config.archive.tables import Table


def fingerprint(
    table: Table, tenant_id: int, columns: Sequence[str], *, also: str = "true"
) -> tuple[int, str]:
    """Return how many rows there are and a number that tells them, whatever their order.

    Columns that the import sets by itself are not in it, nor the ids that it draws anew.
    """
    left = set(table.set_here) | ({"id"} if table.new_ids else set())
    select = table.select(tenant_id, [c for c in columns if c not in left], also=also)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum("  # noqa: S608 - names of our models
            "('x' || substr(md5(row_to_json(x)::text), 1, 15))::bit(60)::bigint), 0)::text"
            f" FROM ({select}) x"
        )
        rows, total = cursor.fetchone()
    return rows, total


@dataclass(frozen=True, slots=True)
class Line:
    """One figure on both sides."""

    what: str
    of: str
    name: str
    there: str
    here: str

    @property
    def equal(self) -> bool:
        return self.there == self.here


@dataclass(slots=True)
class Report:
    """Both sides of a move, and what the proofs say of the company as it is now."""

    figures: list[Line] = field(default_factory=list)
    tables: list[Line] = field(default_factory=list)
    proofs: list[tuple[str, bool, str]] = field(default_factory=list)

    @property
    def unequal(self) -> list[Line]:
        return [line for line in (*self.figures, *self.tables) if not line.equal]

    @property
    def is_equal(self) -> bool:
        return not self.unequal


def compare_figures(there: Iterable[Figure], here: Iterable[Figure]) -> list[Line]:
    """Put every figure of either side beside the other's."""
    left = {(figure.what, figure.of): figure.values for figure in there}
    right = {(figure.what, figure.of): figure.values for figure in here}
    return [
        Line(what, of, name, left.get((what, of), {}).get(name, "–"), values.get(name, "–"))
        for what, of in [*left, *(key for key in right if key not in left)]
        for values in [right.get((what, of), {})]
        for name in {**left.get((what, of), {}), **values}
    ]


def compare_table(facts: TableFacts, here: tuple[int, str]) -> list[Line]:
    """Put a table's count and the fingerprint of its rows beside the other's."""
    rows, mark = here
    return [
        Line("table", facts.name, "rows", str(facts.rows), str(rows)),
        Line("table", facts.name, "content", facts.fingerprint, mark),
    ]
