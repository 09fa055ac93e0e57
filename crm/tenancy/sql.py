"""The hot statements in SQL of our own, prepared by the server.

For the handful that run with every order: the ORM takes longer to write such a statement than
the database to run it, and sends it as text to be planned anew each time. Everything else is
the ORM's. Every statement names its tenant, like all others.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections

from crm.tenancy.engine.base import PreparedRawCursor

Params = Sequence[Any] | Mapping[str, Any]


def fetch_all(statement: str, params: Params = (), *, using: str = "default") -> list[tuple]:
    """Run a statement and return its rows."""
    with connections[using].prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, params)
        return cursor.fetchall()


def fetch_one(statement: str, params: Params = (), *, using: str = "default") -> tuple | None:
    """Run a statement and return its first row, or None."""
    with connections[using].prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, params)
        return cursor.fetchone()


def execute(statement: str, params: Params = (), *, using: str = "default") -> None:
    """Run a statement that returns nothing."""
    with connections[using].prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, params)


def fetch_raw(statement: str, params: Sequence[Any], *, using: str = "default") -> tuple | None:
    """Run a statement whose parameters are $1, $2, … and return its first row, or None."""
    with connections[using].prepared_cursor(PreparedRawCursor) as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, params)
        return cursor.fetchone()
