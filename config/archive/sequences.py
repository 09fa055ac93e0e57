"""Ids that came from elsewhere: the next one given out here must be a new one."""

from django.db import connection

from config.archive.errors import ArchiveRefused
from config.archive.tables import Table

# Some seconds of the database's work; more is for who runs the service (docs/archive.md).
MAX_STEP = 50_000_000


def pass_ids(table: Table) -> None:
    """Move the table's sequence past the ids that the company in scope has.

    The application may draw from a sequence and not set one, so it draws: a sequence only ever
    goes on, and two imports at once do no harm.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(min(id), 1), coalesce(max(id), 0),"  # noqa: S608 - our own names
            f' (SELECT last_value FROM {table.name}_id_seq) FROM "{table.name}"'
            " WHERE tenant_id = app_tenant()"
        )
        lowest, highest, last = cursor.fetchone()
        if lowest < 1:
            raise ArchiveRefused("damaged", what=table.name)
        if highest < last:
            return
        if highest - last > MAX_STEP:
            raise ArchiveRefused("ids_too_far", what=table.name)
        cursor.execute(
            f"SELECT count(nextval('{table.name}_id_seq'))"  # noqa: S608
            " FROM generate_series(1, %s)",
            [highest - last + 1],
        )
