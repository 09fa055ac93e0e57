"""Restores a backup into an empty database: all of it or nothing."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import psycopg
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from crm.ops.backup.archive import (
    BLOCK,
    Manifest,
    check_archive,
    fingerprint_keys,
    member_of,
    open_archive,
    read_manifest,
)
from crm.ops.backup.catalogue import (
    Table,
    is_empty,
    list_migrations,
    list_references,
    list_tables,
    owner_session,
)
from crm.ops.backup.errors import BackupProblem

Say = Callable[[str], None]


def restore_backup(
    path: Path, *, force: bool = False, without_keys: bool = False, say: Say
) -> Manifest:
    """Fill the database of the `owner` login with what the archive holds.

    Refused where anybody's data are, unless forced: then they are replaced. The schema is made
    as it was when the archive was written, filled in one transaction, and then brought up to
    this code.
    """
    with open_archive(path) as archive:
        manifest = read_manifest(archive)
        say("checking the archive")
        check_archive(archive, manifest)
        _check_keys(manifest, without_keys=without_keys)
        files = _media_targets(manifest)
        with owner_session() as session:
            if not force and not is_empty(session):
                raise BackupProblem(
                    "There are data in this database. Give an empty one, or --force to replace"
                    " everything in it."
                )
            here = set(list_migrations(session))
        say("making the tables")
        _migrate_as_then(manifest, here)
        say("filling the tables")
        with owner_session() as session, session.transaction():
            _fill(session, archive, manifest)
        _restore_media(archive, files)
    connections["owner"].close()
    say("bringing the tables up to this version")
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    with owner_session() as session:
        session.autocommit = True
        session.execute("ANALYZE")
    # What is cached or queued speaks of other data; the sweeps find the work by themselves.
    cache.clear()
    return manifest


def _check_keys(manifest: Manifest, *, without_keys: bool) -> None:
    missing = set(manifest.field_keys) - set(fingerprint_keys())
    if missing and not without_keys:
        raise BackupProblem(
            "Secrets in this archive are encrypted with keys that are not here (KRAM_FIELD_KEYS)."
            " Give the file that bin/backup --keys wrote, or --without-keys: then connections"
            " will need their secrets anew."
        )


def _migrate_as_then(manifest: Manifest, here: set[tuple[str, str]]) -> None:
    """Make the schema that the archive was written from."""
    then = {(app, name) for app, name in manifest.migrations}
    newer = here - then
    if newer:
        raise BackupProblem(
            "This database has seen migrations that the archive has not"
            f" ({', '.join(sorted('.'.join(one) for one in newer)[:3])}…). Give an empty database."
        )
    executor = MigrationExecutor(connections["owner"])
    graph = executor.loader.graph
    unknown = then - set(graph.nodes)
    if unknown:
        raise BackupProblem(
            "The archive was made by a newer Kram: this one has no migration"
            f" {'.'.join(min(unknown))}. Use the code that made it, or newer."
        )
    leaves = [
        node
        for node in then
        if not any(child.key in then for child in graph.node_map[node].children)
    ]
    executor.migrate(sorted(leaves))
    connections["owner"].close()


def _fill(session: psycopg.Connection, archive: ZipFile, manifest: Manifest) -> None:
    tables = {table.name: table for table in list_tables(session)}
    _compare_columns(tables, manifest)
    references = list_references(session)
    for one in references:
        session.execute(
            sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                sql.Identifier(one.table), sql.Identifier(one.name)
            )
        )
    # Migrations put rows into some.
    session.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, tables))))
    for name, wanted in manifest.tables.items():
        _copy_in(session, archive, tables[name], wanted)
    for one in references:
        # Checks every row: a reference to nothing ends the whole restore.
        session.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} " + one.definition).format(
                sql.Identifier(one.table), sql.Identifier(one.name)
            )
        )
    for name, (last, called) in manifest.sequences.items():
        session.execute("SELECT setval(%s, %s, %s)", [f'public."{name}"', last, called])


def _compare_columns(tables: dict[str, Table], manifest: Manifest) -> None:
    for name in sorted(tables.keys() | manifest.tables.keys()):
        here = set(tables[name].columns) if name in tables else None
        then = set(manifest.tables[name]["columns"]) if name in manifest.tables else None
        if here != then:
            raise BackupProblem(f"The table {name} here is not what it was in the archive.")


def _copy_in(session: psycopg.Connection, archive: ZipFile, table: Table, wanted: dict) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, wanted["columns"]))
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    checksum = hashlib.sha256()
    with archive.open(member_of(table.name)) as member, session.cursor() as cursor:
        with cursor.copy(query) as copy:
            while block := member.read(BLOCK):
                checksum.update(block)
                copy.write(block)
        stored = cursor.rowcount
    if checksum.hexdigest() != wanted["sha256"] or stored != wanted["rows"]:
        raise BackupProblem(
            f"{table.name}: {stored} rows were stored and {wanted['rows']} were written."
        )


def _media_targets(manifest: Manifest) -> list[tuple[str, Path]]:
    """Where each uploaded file goes; raise before anything is touched where it can't."""
    if not manifest.media:
        return []
    if not settings.MEDIA_ROOT:
        raise BackupProblem("The archive holds files, and MEDIA_ROOT names no folder for them.")
    root = Path(settings.MEDIA_ROOT).resolve()
    targets = []
    for name in manifest.media:
        path = PurePosixPath(name)
        if not path.parts or path.is_absolute() or ".." in path.parts:
            raise BackupProblem(f"The archive names a file outside its folder: {name}")
        targets.append((name, root.joinpath(*path.parts)))
    return targets


def _restore_media(archive: ZipFile, files: list[tuple[str, Path]]) -> None:
    for name, target in files:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(target.name + ".unfinished")
        with archive.open(f"media/{name}") as member, unfinished.open("wb") as file:
            while block := member.read(BLOCK):
                file.write(block)
        os.replace(unfinished, target)
