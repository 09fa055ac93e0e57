"""The connection: every outermost atomic() tells the database which tenant it works for."""

from django.db.backends.postgresql import base, features, operations

from crm.tenancy.context import peek_tenant_id, set_local
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

    def set_autocommit(
        self, autocommit, force_begin_transaction_with_broken_autocommit=False
    ) -> None:
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        tenant_id = peek_tenant_id()
        if not autocommit and tenant_id is not None:
            with self.cursor() as cursor:
                set_local(cursor, tenant_id)
