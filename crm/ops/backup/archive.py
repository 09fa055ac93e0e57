"""The archive: a zip with a manifest, one COPY text of each table, and the media files."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from django.conf import settings

from crm.ops.backup.errors import BackupProblem

FORMAT = 1
MANIFEST = "manifest.json"
BLOCK = 2**20


@dataclass(slots=True)
class Manifest:
    """What the archive holds, written last: an archive cut short has none."""

    made_at: str
    version: str
    server: str
    migrations: list[list[str]]
    field_keys: list[str]
    format: int = FORMAT
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    sequences: dict[str, list[Any]] = field(default_factory=dict)
    media: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(table["rows"] for table in self.tables.values())

    def as_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)


def member_of(table: str) -> str:
    return f"tables/{table}.copy"


def fingerprint_keys() -> list[str]:
    """Tell the keys of encrypted fields apart without telling them."""
    return [
        hashlib.sha256(f"kram field key {key}".encode()).hexdigest()[:16]
        for key in settings.FIELD_ENCRYPTION_KEYS
    ]


class Gathered:
    """Gathers small pieces into blocks for a member of the archive, and sums them up."""

    def __init__(self, member: IO[bytes]) -> None:
        self.member = member
        self.sha256 = hashlib.sha256()
        self._waiting = bytearray()

    def write_all(self, pieces: Iterable[bytes | bytearray | memoryview]) -> str:
        """Write all pieces; return their checksum."""
        for piece in pieces:
            self._waiting += piece
            if len(self._waiting) >= BLOCK:
                self._flush()
        self._flush()
        return self.sha256.hexdigest()

    def _flush(self) -> None:
        self.sha256.update(self._waiting)
        self.member.write(self._waiting)
        self._waiting.clear()


def read_manifest(archive: ZipFile) -> Manifest:
    try:
        values = json.loads(archive.read(MANIFEST))
    except (KeyError, ValueError) as error:
        raise BackupProblem("The archive has no readable manifest: it is not whole.") from error
    if values.get("format") != FORMAT:
        raise BackupProblem(
            f"The archive has the format {values.get('format')}; this Kram reads {FORMAT}."
        )
    return Manifest(**values)


def open_archive(path: Path) -> ZipFile:
    try:
        return ZipFile(path)
    except FileNotFoundError as error:
        raise BackupProblem(f"There is no file {path}.") from error
    except (BadZipFile, OSError) as error:
        raise BackupProblem(f"{path} is no whole archive: {error}") from error


def check_archive(archive: ZipFile, manifest: Manifest) -> None:
    """Read everything through before anything is touched; raise where a byte is wrong."""
    wanted = {member_of(name): table["sha256"] for name, table in manifest.tables.items()}
    wanted |= {f"media/{name}": checksum for name, checksum in manifest.media.items()}
    for name, checksum in wanted.items():
        found = hashlib.sha256()
        try:
            with archive.open(name) as member:
                while block := member.read(BLOCK):
                    found.update(block)
        except (KeyError, BadZipFile, EOFError, OSError) as error:
            raise BackupProblem(f"The archive is damaged at {name}: {error}") from error
        if found.hexdigest() != checksum:
            raise BackupProblem(f"The archive is damaged at {name}: its checksum differs.")
