"""What there is to back up: tables with their columns, sequences, references, migrations."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.db import connections
from psycopg import sql

# Made by `migrate` itself, and compared by name.
MIGRATIONS = "django_migrations"


@dataclass(frozen=True, slots=True)
class Table:
    """A table and the columns that hold what was stored (generated ones are made anew)."""

    name: str
    columns: tuple[str, ...]
    sums: tuple[str, ...]  # the numeric ones, whose sums a person can compare

    @property
    def column_list(self) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, self.columns))


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key as the database words it."""

    table: str
    name: str
    definition: str


@contextmanager
def owner_session() -> Iterator[psycopg.Connection]:
    """A session of the owner's login, apart from Django's: it sees the rows of all companies."""
    settings = connections["owner"].settings_dict
    with psycopg.connect(
        host=settings["HOST"] or None,
        port=settings["PORT"] or None,
        user=settings["USER"] or None,
        password=settings["PASSWORD"] or None,
        dbname=settings["NAME"],
        connect_timeout=10,
        application_name="kram backup",
        # What a row looks like as text must not depend on the server's settings.
        options="-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres"
        " -c extra_float_digits=1 -c lock_timeout=60s",
    ) as session:
        yield session


def list_tables(session: psycopg.Connection) -> list[Table]:
    """Every table of the product, in the order of names."""
    rows = session.execute(
        """
        SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum),
               coalesce(array_agg(a.attname::text ORDER BY a.attnum)
                        FILTER (WHERE a.atttypid = 'numeric'::regtype), '{}')
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
             AND NOT a.attisdropped AND a.attgenerated = ''
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> %s
        GROUP BY c.relname ORDER BY c.relname
        """,
        [MIGRATIONS],
    )
    return [Table(name, tuple(columns), tuple(sums)) for name, columns, sums in rows]


def list_sequences(session: psycopg.Connection) -> dict[str, tuple[int, bool]]:
    """The last value of each sequence, and whether it was given out."""
    names = [
        row[0]
        for row in session.execute(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
        )
    ]
    found = {}
    for name in names:
        query = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))
        row = session.execute(query).fetchone()
        assert row is not None
        found[name] = (row[0], row[1])
    return found


def list_references(session: psycopg.Connection) -> list[Reference]:
    """Every foreign key; those of partitions come with their parent's."""
    rows = session.execute(
        """
        SELECT c.relname, k.conname, pg_get_constraintdef(k.oid)
        FROM pg_constraint k
        JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
        WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY c.relname, k.conname
        """
    )
    return [Reference(*row) for row in rows]


def list_migrations(session: psycopg.Connection) -> list[tuple[str, str]]:
    """The migrations that made this schema; none where nothing was made yet."""
    known = session.execute("SELECT to_regclass(%s)", [f"public.{MIGRATIONS}"]).fetchone()
    if not known or known[0] is None:
        return []
    query = sql.SQL("SELECT app, name FROM {} ORDER BY app, name").format(
        sql.Identifier(MIGRATIONS)
    )
    return [(app, name) for app, name in session.execute(query)]


def is_empty(session: psycopg.Connection) -> bool:
    """Whether nobody's data are here: no company and no person."""
    for table in ("tenancy_tenant", "auth_user"):
        known = session.execute("SELECT to_regclass(%s)", [f"public.{table}"]).fetchone()
        if known and known[0] is not None:
            query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))
            row = session.execute(query).fetchone()
            if row and row[0]:
                return False
    return True
