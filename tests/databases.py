"""The tests' databases: a template migrated once, a copy of it for each test process.

The template's name holds a hash of everything that shapes the schema, so a changed migration
makes a new one. A copy lives as long as its process; what a killed run left is dropped by the next.
"""

import os
import time
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import psycopg
import redis
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase
from psycopg import sql

from config.runtime import roles

_ROOT = Path(__file__).resolve().parent.parent
_SHAPES = (
    "*/migrations/*.py",
    "crm/*/migrations/*.py",
    "integrations/*/migrations/*.py",
    "config/runtime/*.sql",
    "crm/tenancy/**/*.py",
)
_LOCK_CLASS = 7214  # of pg_advisory_lock(class, number)
_TEMPLATE_LOCK = 1
_RUN_LOCK_CLASS = 7215
_BULKY = 8 * 2**20
_PATIENCE = 15.0  # seconds for what a test left running
# Sequences back to their first number: those of the tables that are not in the list.
_RESTART = """
    SELECT setval(sequence.oid, start_value, false)
    FROM pg_sequences
    JOIN pg_class AS sequence
        ON sequence.relname = sequencename AND sequence.relnamespace = 'public'::regnamespace
    LEFT JOIN pg_depend
        ON pg_depend.objid = sequence.oid AND classid = 'pg_class'::regclass
        AND deptype IN ('a', 'i')
    LEFT JOIN pg_class AS owner ON owner.oid = refobjid
    WHERE schemaname = 'public' AND last_value IS NOT NULL
        AND (owner.relname = ANY (%s)) IS NOT TRUE
"""
_LOGINS = {
    "DATABASE_OWNER_URL": "crm_owner",
    "DATABASE_URL": "crm_app",
    "DATABASE_SYSTEM_URL": "crm_system",
}


def schema_hash() -> str:
    """Return a hash of everything that shapes the migrated schema."""
    total = sha256()
    for pattern in _SHAPES:
        for path in sorted(_ROOT.glob(pattern)):
            total.update(str(path.relative_to(_ROOT)).encode())
            total.update(path.read_bytes())
    return total.hexdigest()[:10]


class RunDatabase:
    """The database of this test process."""

    def __init__(self, environment: Mapping[str, str], blocker: Any) -> None:
        self.name = urlsplit(environment["DATABASE_URL"]).path.lstrip("/")
        self.base = environment.get("KRAM_TEST_DB") or "test_kram"
        self.template = f"{self.base}_t{schema_hash()}"
        self.admin_url = environment["KRAM_TEST_ADMIN_URL"]
        self.admin = roles.connect(self.admin_url)
        self.owner_url = environment["DATABASE_OWNER_URL"]
        self.blocker = blocker
        self._kept: set[str] = set()

    @classmethod
    @contextmanager
    def make(cls, environment: MutableMapping[str, str], blocker: Any) -> Iterator[Self]:
        run = cls(environment, blocker)
        try:
            with run._template_lock():
                run._drop_abandoned()
                run._ensure_template()
                run.admin.execute(
                    "SELECT pg_advisory_lock(%s, hashtext(%s))", [_RUN_LOCK_CLASS, run.name]
                )
                run._drop(run.name)
                roles.create_database(run.admin, run.name, template=run.template)
            run._kept = set(run._tables_with_rows())
            yield run
        finally:
            with blocker.unblock():
                connections.close_all()
            run._drop(run.name)
            run.admin.close()

    # --- Making --------------------------------------------------------------------------------

    @contextmanager
    def _template_lock(self) -> Iterator[None]:
        self.admin.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK_CLASS, _TEMPLATE_LOCK])
        try:
            yield
        finally:
            self.admin.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_CLASS, _TEMPLATE_LOCK])

    def _ensure_template(self) -> None:
        if roles.database_exists(self.admin, self.template):
            return
        unfinished = f"{self.template}_new"
        self._drop(unfinished)
        roles.create_database(self.admin, unfinished)
        roles.prepare_database(self.admin_url, unfinished)
        owner = connections["owner"]
        with self.blocker.unblock():
            owner.close()
            owner.settings_dict["NAME"] = unfinished
            try:
                call_command("migrate", database="owner", verbosity=0, interactive=False)
            finally:
                owner.close()
                owner.settings_dict["NAME"] = self.name
        self.admin.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(unfinished), sql.Identifier(self.template)
            )
        )

    def _drop(self, name: str) -> None:
        roles.drop_database(self.admin, name)

    def _drop_abandoned(self) -> None:
        """Drop databases whose process has ended, and templates of older schemas."""
        names = [
            row[0] for row in self.admin.execute("SELECT datname FROM pg_database ORDER BY oid")
        ]
        for name in names:
            if name.startswith(f"{self.base}_r"):
                free = self.admin.execute(
                    "SELECT pg_try_advisory_lock(%s, hashtext(%s))", [_RUN_LOCK_CLASS, name]
                ).fetchone()
                if free and free[0]:
                    self._drop(name)
                    self.admin.execute(
                        "SELECT pg_advisory_unlock(%s, hashtext(%s))", [_RUN_LOCK_CLASS, name]
                    )
        templates = [name for name in names if name.startswith(f"{self.base}_t")]
        for name in templates[:-3]:
            if name != self.template:
                self._drop(name)

    # --- Emptying after a test that commits -----------------------------------------------------

    def _tables_with_rows(self) -> list[str]:
        with psycopg.connect(self.owner_url, autocommit=True) as owner:
            return self._find_filled(owner, self._list_tables(owner))

    @staticmethod
    def _list_tables(login: psycopg.Connection) -> list[str]:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        return [row[0] for row in login.execute(query)]

    @staticmethod
    def _find_filled(login: psycopg.Connection, tables: list[str]) -> list[str]:
        probes = [
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(
                sql.Literal(table), sql.Identifier(table)
            )
            for table in tables
        ]
        return [row[0] for row in login.execute(sql.SQL(" UNION ALL ").join(probes))]

    def empty(self) -> None:
        """Empty every table but those that migrations filled, and begin their numbers anew.

        As the server's administrator, past triggers and references: TRUNCATE makes a new file for
        each table and index that a reference leads to, and takes a third of a second.
        """
        with roles.connect(self.admin_url, self.name) as admin:
            until = time.monotonic() + _PATIENCE
            while True:
                try:
                    with admin.transaction():
                        return self._empty_at_once(admin)
                except psycopg.errors.LockNotAvailable:
                    if time.monotonic() > until:
                        raise
                time.sleep(0.02)

    def _empty_at_once(self, admin: psycopg.Connection) -> None:
        admin.execute("SET LOCAL session_replication_role = 'replica'")
        tables = [table for table in self._list_tables(admin) if table not in self._kept]
        names = {table: sql.Identifier(table) for table in tables}
        together = sql.SQL(", ").join(names.values())
        # Whoever still works is waited for: what they leave must not reach the next test. A page
        # that goes on asking may hold one table and want another, so nothing is held meanwhile.
        admin.execute(sql.SQL("LOCK TABLE {} NOWAIT").format(together))
        filled = self._find_filled(admin, tables)
        if filled and self._is_bulky(admin, filled):
            # Rows that are deleted go on taking their place.
            admin.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(together))
            return
        for table in filled:
            admin.execute(sql.SQL("DELETE FROM {}").format(names[table]))
        admin.execute(_RESTART, [sorted(self._kept)])

    @staticmethod
    def _is_bulky(admin: psycopg.Connection, tables: list[str]) -> bool:
        size = admin.execute(
            "SELECT sum(pg_table_size(format('public.%%I', name)::regclass))"
            " FROM unnest(%s::text[]) AS name",
            [tables],
        ).fetchone()
        return bool(size and size[0] > _BULKY)

    def patch_flush(self) -> None:
        """Make tests with real commits clean up through empty()."""
        run = self

        def _fixture_teardown(self: TransactionTestCase) -> None:
            run.empty()

        TransactionTestCase._fixture_teardown = _fixture_teardown  # type: ignore[method-assign]


def flush_valkey() -> None:
    """Empty this process's database of the broker and cache."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()
