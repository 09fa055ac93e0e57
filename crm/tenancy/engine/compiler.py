"""UPDATE and DELETE that the ORM builds by itself (save, cascades) carry the tenant as well."""

from django.db.backends.postgresql import compiler
from django.db.models.sql.where import AND

from crm.tenancy.context import current_tenant_id
from crm.tenancy.fields import TenantField


def _scope(query) -> None:
    if getattr(query, "_tenant_scoped", False):
        return
    query._tenant_scoped = True
    for field in query.get_meta().local_fields:
        if isinstance(field, TenantField):
            column = field.get_col(query.get_initial_alias())
            query.where.add(field.get_lookup("exact")(column, current_tenant_id()), AND)
            return


class SQLCompiler(compiler.SQLCompiler):
    pass


class SQLInsertCompiler(compiler.SQLInsertCompiler):
    pass


class SQLAggregateCompiler(compiler.SQLAggregateCompiler):
    pass


class SQLUpdateCompiler(compiler.SQLUpdateCompiler):
    def as_sql(self):
        _scope(self.query)
        return super().as_sql()


class SQLDeleteCompiler(compiler.SQLDeleteCompiler):
    def as_sql(self):
        _scope(self.query)
        return super().as_sql()
