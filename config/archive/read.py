"""Opens an archive and checks that it is whole before anything is done with it."""

import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

from config.archive.errors import ArchiveRefused
from config.archive.manifest import FILE, Manifest, TableFacts

_BLOCK = 1 << 20
_MAX_MANIFEST = 16 << 20
# A row, and what is sent to the database at once.
_MAX_LINE = 32 << 20
_BATCH_ROWS = 2000
_BATCH_BYTES = 2 << 20


@dataclass(frozen=True, slots=True)
class Archive:
    """An open archive whose files are what its manifest says."""

    zip: ZipFile
    manifest: Manifest

    def batches(self, facts: TableFacts) -> Iterator[str]:
        """Yield a table's rows as JSON arrays of some thousand, in the order of the file."""
        rows: list[bytes] = []
        size = 0
        with _reading(facts.file), self.zip.open(facts.file) as member:
            source = io.BufferedReader(member, _BLOCK)  # type: ignore[type-var]
            while line := source.readline(_MAX_LINE + 1):
                if len(line) > _MAX_LINE:
                    raise ArchiveRefused("damaged", what=facts.file)
                rows.append(line)
                size += len(line)
                if len(rows) == _BATCH_ROWS or size > _BATCH_BYTES:
                    yield _array(rows)
                    rows, size = [], 0
        if rows:
            yield _array(rows)


@contextmanager
def open_archive(source: Path | IO[bytes]) -> Iterator[Archive]:
    """Open the file, read what it says of itself and check every byte of its tables."""
    try:
        archive = ZipFile(source)
    except (BadZipFile, OSError) as error:
        raise ArchiveRefused("not_an_archive") from error
    with archive:
        manifest = _read_manifest(archive)
        for facts in manifest.tables:
            _check_file(archive, facts)
        yield Archive(archive, manifest)


def _read_manifest(archive: ZipFile) -> Manifest:
    if FILE not in archive.namelist():
        raise ArchiveRefused("not_an_archive")
    with _reading(FILE), archive.open(FILE) as member:
        text = member.read(_MAX_MANIFEST + 1)
        if len(text) > _MAX_MANIFEST:
            raise ArchiveRefused("damaged", what=FILE)
        return Manifest.from_text(text.decode())


def _check_file(archive: ZipFile, facts: TableFacts) -> None:
    checksum = hashlib.sha256()
    rows = size = 0
    with _reading(facts.file), archive.open(facts.file) as member:
        for block in _blocks(member):
            checksum.update(block)
            rows += block.count(b"\n")
            size += len(block)
            if size > facts.bytes:  # more than was written: a file made to fill a disk
                break
    if (rows, size, checksum.hexdigest()) != (facts.rows, facts.bytes, facts.sha256):
        raise ArchiveRefused("damaged", what=facts.file)


def _blocks(member: IO[bytes]) -> Iterator[bytes]:
    while block := member.read(_BLOCK):
        yield block


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Say of anything that a broken zip may raise that the file is damaged."""
    try:
        yield
    except (
        BadZipFile,
        KeyError,
        EOFError,
        OSError,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        UnicodeDecodeError,
    ) as error:
        raise ArchiveRefused("damaged", what=name) from error


def _array(rows: list[bytes]) -> str:
    return (b"[" + b",".join(rows) + b"]").decode()
