"""The connection: every outermost atomic() tells the database which tenant it works for."""

import psycopg
from django.db.backends.postgresql import base, features, operations
from psycopg.adapt import AdaptersMap
from psycopg.types.numeric import Int8Dumper

from crm.tenancy.context import peek_tenant_id
from crm.tenancy.engine.schema import TenantSchemaEditor


class _Prepared:
    """A cursor whose statements the server parses and plans once for each connection.

    Whole numbers go as bigint whatever their size: else each size would be a statement of its
    own, and `tenant_id = 5` as int4 is no condition of a GIN index over bigint.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        super().__init__(connection)  # type: ignore[call-arg]
        if not hasattr(connection, "kram_adapters"):
            adapters = AdaptersMap(connection.adapters)
            adapters.register_dumper(int, Int8Dumper)
            connection.kram_adapters = adapters
        self._adapters = connection.kram_adapters

    def execute(self, query, params=None, *, prepare=None, binary=None):
        return super().execute(query, params, prepare=True, binary=binary)


class PreparedCursor(_Prepared, psycopg.Cursor):
    """With %s or %(name)s for parameters."""


class PreparedRawCursor(_Prepared, psycopg.RawCursor):
    """With $1, $2, … for parameters: long statements need not be searched for marks."""


class DatabaseFeatures(features.DatabaseFeatures):
    # `id` alone is not the table's primary key, so GROUP BY id can't stand for all columns.
    allows_group_by_selected_pks = False


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "crm.tenancy.engine.compiler"

    def last_executed_query(self, cursor, sql, params):
        """The statement for the debug log; what can't be composed as text is shown as sent."""
        return super().last_executed_query(cursor, sql, params) or str(sql)


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = TenantSchemaEditor
    features_class = DatabaseFeatures
    ops_class = DatabaseOperations

    def _set_autocommit(self, autocommit: bool) -> None:
        """Begin every outermost transaction together with its tenant, in one message.

        The driver stays in autocommit, or it would send a BEGIN of its own, one round trip
        more for each request. A SET statement and not set_config(): it reaches Citus shards.
        """
        with self.wrap_database_errors:
            if autocommit:
                if not self.connection.autocommit:
                    self.connection.autocommit = True
                return
            tenant_id = peek_tenant_id()
            begin = "BEGIN"
            if tenant_id is not None:
                begin += f"; SET LOCAL app.tenant_id = '{int(tenant_id)}'"
            self.connection.execute(begin, prepare=False)

    def create_cursor(self, name=None):
        """Open a cursor; a named one inside a transaction lives no longer than it.

        Django takes the driver's autocommit for "no transaction" and would declare it WITH HOLD,
        which can't lock rows and is written out whole at the commit.
        """
        cursor = super().create_cursor(name)
        if name and self.in_atomic_block:
            cursor._withhold = False
        return cursor

    def prepared_cursor(self, kind=PreparedCursor):
        """Open a cursor for the few statements that run all day (see crm.tenancy.sql)."""
        self.ensure_connection()
        with self.wrap_database_errors:
            cursor = kind(self.connection)
        return self._prepare_cursor(cursor)
