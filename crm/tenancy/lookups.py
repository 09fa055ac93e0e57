"""`field__begins`: "starts with" that row-level security lets use an index.

LIKE is not leakproof, so under a policy it never becomes an index condition; `^@` is. The index
must be over the field COLLATE "C" (docs/search.md).
"""

from typing import Any

from django.db.models import CharField, Lookup


@CharField.register_lookup
class Begins(Lookup):
    lookup_name = "begins"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f'{left} COLLATE "C" ^@ {right}', (*left_params, *right_params)
