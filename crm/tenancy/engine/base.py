"""The connection: every outermost atomic() tells the database which tenant it works for."""

from django.db.backends.postgresql import base, features, operations

from crm.tenancy.context import peek_tenant_id
from crm.tenancy.engine.schema import TenantSchemaEditor


class DatabaseFeatures(features.DatabaseFeatures):
    # `id` alone is not the table's primary key, so GROUP BY id can't stand for all columns.
    allows_group_by_selected_pks = False


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "crm.tenancy.engine.compiler"


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
