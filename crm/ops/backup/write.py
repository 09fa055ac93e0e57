"""Writes a backup: one snapshot of the database while the product goes on working."""

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import psycopg
from django.conf import settings
from psycopg import sql

from crm.ops.backup.archive import (
    BLOCK,
    MANIFEST,
    Gathered,
    Manifest,
    fingerprint_keys,
    member_of,
)
from crm.ops.backup.catalogue import (
    Table,
    list_migrations,
    list_sequences,
    list_tables,
    owner_session,
)
from crm.ops.backup.digest import digest_table
from crm.ops.backup.errors import BackupProblem

# Compressed already.
_PACKED = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".zip", ".gz", ".xlsx", ".pdf"}


def write_backup(path: Path, *, now: datetime) -> Manifest:
    """Write everything into the file; it appears under its name when it is whole.

    Readable by its owner alone: it holds people's data.
    """
    unfinished = path.with_name(path.name + ".unfinished")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=6) as archive:
                manifest = _fill(archive, now)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return manifest


def _fill(archive: ZipFile, now: datetime) -> Manifest:
    with owner_session() as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.read_only = True
        with session.transaction():
            manifest = Manifest(
                made_at=now.isoformat(),
                version=settings.VERSION,
                server=str(session.info.server_version),
                migrations=[list(one) for one in list_migrations(session)],
                field_keys=fingerprint_keys(),
            )
            if not manifest.migrations:
                raise BackupProblem("This database holds no Kram: nothing was ever migrated here.")
            for table in list_tables(session):
                manifest.tables[table.name] = _write_table(archive, session, table)
            # Not part of the snapshot: read last, so that no sequence lies behind its rows.
            manifest.sequences = {
                name: [last, called] for name, (last, called) in list_sequences(session).items()
            }
    manifest.media = dict(_write_media(archive))
    archive.writestr(MANIFEST, manifest.as_text())
    return manifest


def _write_table(archive: ZipFile, session: psycopg.Connection, table: Table) -> dict:
    query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
        table.column_list, sql.Identifier(table.name)
    )
    with (
        archive.open(_entry(member_of(table.name)), "w", force_zip64=True) as member,
        session.cursor() as cursor,
        cursor.copy(query) as copy,
    ):
        checksum = Gathered(member).write_all(copy)
    return {
        "columns": list(table.columns),
        "sha256": checksum,
        **digest_table(session, table).as_json(),
    }


def _write_media(archive: ZipFile) -> Iterator[tuple[str, str]]:
    """Files that people uploaded. One that vanishes meanwhile was deleted: it is left out."""
    root = Path(settings.MEDIA_ROOT) if settings.MEDIA_ROOT else None
    if root is None or not root.is_dir():
        return
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        name = path.relative_to(root).as_posix()
        checksum = hashlib.sha256()
        try:
            source = path.open("rb")
        except FileNotFoundError:
            continue
        method = ZIP_STORED if path.suffix.lower() in _PACKED else ZIP_DEFLATED
        entry = _entry(f"media/{name}", method)
        with source, archive.open(entry, "w", force_zip64=True) as member:
            while block := source.read(BLOCK):
                checksum.update(block)
                member.write(block)
        yield name, checksum.hexdigest()


def _entry(name: str, method: int = ZIP_DEFLATED) -> ZipInfo:
    entry = ZipInfo(name)
    entry.compress_type = method
    entry.external_attr = 0o600 << 16
    return entry
