"""Writes a company's archive: one snapshot, while the company goes on working.

Rows go from the database into the file as they are: no more than a piece of a table is in memory.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.conf import settings
from django.db import connection, transaction

from config.archive.compare import fingerprint
from config.archive.figures import add_up
from config.archive.manifest import FILE, Manifest, TableFacts
from config.archive.tables import CARRIED, LEFT_OUT, Table
from crm.tenancy.models import Tenant

# Of one table, when it is in the file: its facts, how many are done and how many there are.
Tell = Callable[[TableFacts, int, int], None]
# Bytes that JSON of the database never holds, so that a line is a row's JSON and nothing more.
_AS_LINES = r"(FORMAT csv, DELIMITER E'\x02', QUOTE E'\x01')"


def write_archive(
    file: IO[bytes], *, tenant: Tenant, now: datetime, tell: Tell = lambda *_: None
) -> Manifest:
    """Write the company in scope into the file. Needs no open transaction."""
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=6) as archive:
        return _fill(archive, tenant, now, tell)


def count_rows(tenant_id: int) -> int:
    """Return how many rows an archive of the company in scope would hold now."""
    counts = (
        f"(SELECT count(*) FROM ({table.select(tenant_id, ['id'])}) x)"  # noqa: S608
        for table in CARRIED
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {' + '.join(counts)}")
        return cursor.fetchone()[0]


def _fill(archive: ZipFile, tenant: Tenant, now: datetime, tell: Tell) -> Manifest:
    with _snapshot():
        tenant = Tenant.objects.get(pk=tenant.pk)
        manifest = Manifest(
            made_at=now.isoformat(),
            made_by=f"Kram {settings.VERSION}",
            company={
                "slug": tenant.slug,
                "name": tenant.name,
                "currency": tenant.currency,
                "time_zone": tenant.time_zone,
                "language": tenant.language,
            },
            left_out={model._meta.db_table: why for model, why in LEFT_OUT.items()},
        )
        for number, table in enumerate(CARRIED, start=1):
            facts = _write_table(archive, table, tenant.pk)
            manifest.tables.append(facts)
            tell(facts, number, len(CARRIED))
        manifest.figures = add_up(tenant.pk)
    with archive.open(_entry(FILE), "w") as member:
        member.write(manifest.as_text().encode())
    return manifest


@contextmanager
def _snapshot() -> Iterator[None]:
    """A transaction that sees the company as it was at one moment, and can't write."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        yield


def _write_table(archive: ZipFile, table: Table, tenant_id: int) -> TableFacts:
    facts = TableFacts(table.name, table.columns, 0, 0, "", "")
    with archive.open(_entry(facts.file), "w", force_zip64=True) as member:
        _copy_out(table, tenant_id, member, facts)
    rows, facts.fingerprint = fingerprint(table, tenant_id, table.columns)
    if rows != facts.rows:  # the same snapshot: a line that is not a row
        raise AssertionError(f"{table.name}: {rows} rows, {facts.rows} lines")
    return facts


def _copy_out(table: Table, tenant_id: int, member: IO[bytes], facts: TableFacts) -> None:
    """Copy the rows in the order of their ids, a line of JSON each."""
    select = table.select(tenant_id, table.columns)
    statement = f"COPY (SELECT row_to_json(x)::text FROM ({select}) x ORDER BY x.id) TO STDOUT"  # noqa: S608
    checksum = hashlib.sha256()
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(f"{statement} {_AS_LINES}") as copy:
        for block in copy:
            data = bytes(block)
            checksum.update(data)
            facts.rows += data.count(b"\n")
            facts.bytes += len(data)
            member.write(data)
    facts.sha256 = checksum.hexdigest()


def _entry(name: str) -> ZipInfo:
    # No time of the clock: the same rows make the same file.
    entry = ZipInfo(name)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
