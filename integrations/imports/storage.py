"""The file as it was sent and its rows as they are worked on: compressed pieces in the database.

So they lie behind the company's wall, go into its back-ups, and are there for every worker.
"""

import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterable, Sequence
from typing import IO, Any

from integrations.imports.kinds.base import Record, Row
from integrations.imports.models import Chunk, FilePart, Import

PIECE = 1 << 20


def measure(pieces: Iterable[bytes], limit: int, into: IO[bytes]) -> tuple[int, str, int]:
    """Copy a file to `into`; return its size, SHA-256 and ends of lines. Stops past the limit."""
    digest = hashlib.sha256()
    size = lines = 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            break
        digest.update(piece)
        lines += piece.count(b"\n")
        into.write(piece)
    into.seek(0)
    return size, digest.hexdigest(), lines


def store_file(run: Import, file: IO[bytes]) -> None:
    """Keep a file in pieces; one piece at a time is in memory."""
    file.seek(0)
    position = 0
    while piece := file.read(PIECE):
        FilePart.objects.create(run=run, position=position, data=zlib.compress(piece, 6))
        position += 1


def open_file(run: Import) -> IO[bytes]:
    """Put the pieces together again, on disk."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    for data in (
        FilePart.objects.filter(run=run)
        .order_by("position")
        .values_list("data", flat=True)
        .iterator(chunk_size=1)
    ):
        file.write(zlib.decompress(bytes(data)))
    file.seek(0)
    return file


def pack(records: Sequence[Record]) -> bytes:
    text = json.dumps(records, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), 6)


def unpack(chunk: Chunk) -> list[list[Row]]:
    """The records of a chunk."""
    raw: list[list[Any]] = json.loads(zlib.decompress(bytes(chunk.data)))
    return [[Row(number, cells) for number, cells in record] for record in raw]
