"""Lookups that suit tenant tables."""

from typing import Any

from django.db.models import CharField, Field, Lookup

from crm.tenancy.fields import TenantForeignKey


@CharField.register_lookup
class Begins(Lookup):
    """`field__begins`: "starts with" that row-level security lets use an index.

    LIKE is not leakproof, so under a policy it never becomes an index condition; `^@` is. The
    index must be over the field COLLATE "C" (docs/search.md).
    """

    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f'{left} COLLATE "C" ^@ {right}', (*left_params, *right_params)


@TenantForeignKey.register_lookup  # which does not take over the lookups of plain fields
@Field.register_lookup
class AnyOf(Lookup):
    """`id__any_of=[...]`: as `in`, but one array instead of hundreds of parameters to parse.

    Of an ArraySubquery, too: its ids are found once, and then looked up.
    """

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        if not self.rhs_is_direct_value():
            right, right_params = self.process_rhs(compiler, connection)
            return f"{left} = ANY({right})", (*left_params, *right_params)
        return f"{left} = ANY(%s)", (*left_params, list(self.rhs))
