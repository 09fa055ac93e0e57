"""DDL of tenant tables: PRIMARY KEY (tenant_id, id), composite foreign keys, forced RLS.

Looks at field classes and not at the model registry, so it works on the historical models of
migrations. Ready for Citus: where `pg_dist_node` exists tables are distributed by tenant.
"""

from django.db.backends.ddl_references import Columns, Statement, Table
from django.db.backends.postgresql import schema

from crm.tenancy.fields import TenantField, TenantForeignKey

_ONE_AT_A_TIME = ("SET CONSTRAINTS", "ALTER", "UPDATE")


def tenant_field(model) -> TenantField | None:
    for field in model._meta.local_fields:
        if isinstance(field, TenantField):
            return field
    return None


class TenantSchemaEditor(schema.DatabaseSchemaEditor):
    # ADD COLUMN must not bring a one-column foreign key along; it is added composite after.
    sql_create_column_inline_fk = None  # type: ignore[assignment]
    _citus = False

    def __enter__(self):
        super().__enter__()
        if not self.collect_sql:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT to_regclass('pg_catalog.pg_dist_node') IS NOT NULL")
                self._citus = cursor.fetchone()[0]
                if self._citus and self.connection.in_atomic_block:
                    # A foreign key to a reference table needs the shards one after another.
                    cursor.execute("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'")
        return self

    def execute(self, sql, params=()):
        if self._citus and not params:
            parts = [part for part in str(sql).split("; ") if part.strip()]
            if len(parts) > 1 and all(
                part.lstrip().upper().startswith(_ONE_AT_A_TIME) for part in parts
            ):
                for part in parts:
                    super().execute(part, None)
                return None
        return super().execute(sql, params)

    def create_model(self, model) -> None:
        super().create_model(model)
        field = tenant_field(model)
        if field:
            self._make_tenant_table(model, field.column)
        self._distribute(model, field)

    def add_field(self, model, field) -> None:
        super().add_field(model, field)
        if isinstance(field, TenantField):
            self._delete_primary_key(model)
            self._make_tenant_table(model, field.column)

    def _make_tenant_table(self, model, tenant_column: str) -> None:
        table = self.quote_name(model._meta.db_table)
        tenant = self.quote_name(tenant_column)
        pk = self.quote_name(model._meta.pk.column)
        self.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({tenant}, {pk})")
        self.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        self.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        self.execute(
            f"CREATE POLICY tenant_isolation ON {table}"
            f" USING ({tenant} = app_tenant()) WITH CHECK ({tenant} = app_tenant())"
        )

    def _distribute(self, model, field: TenantField | None) -> None:
        if not self._citus:
            return
        table = model._meta.db_table
        if field:
            self.execute(f"SELECT create_distributed_table('{table}', '{field.column}')")
        elif model._meta.label_lower == "tenancy.tenant":
            self.execute(f"SELECT create_reference_table('{table}')")

    def _iter_column_sql(
        self, column_db_type, params, model, field, field_db_params, include_default
    ):
        drop_key = field.primary_key and tenant_field(model)
        for part in super()._iter_column_sql(
            column_db_type, params, model, field, field_db_params, include_default
        ):
            if not (drop_key and part == "PRIMARY KEY"):
                yield part

    def _field_indexes_sql(self, model, field):
        if isinstance(field, TenantForeignKey) and self._field_should_be_indexed(model, field):
            return [self._create_index_sql(model, fields=[tenant_field(model), field])]
        return super()._field_indexes_sql(model, field)

    def _create_fk_sql(self, model, field, suffix):
        if not isinstance(field, TenantForeignKey):
            return super()._create_fk_sql(model, field, suffix)
        target = field.target_field.model
        quote = self.quote_name
        return Statement(
            self.sql_create_fk,
            table=Table(model._meta.db_table, quote),
            name=self._fk_constraint_name(model, field, suffix),
            column=Columns(model._meta.db_table, [tenant_field(model).column, field.column], quote),
            to_table=Table(target._meta.db_table, quote),
            to_column=Columns(
                target._meta.db_table,
                [tenant_field(target).column, field.target_field.column],
                quote,
            ),
            # Fails at the statement that breaks it, on Citus too.
            deferrable="",
        )
