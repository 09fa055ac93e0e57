"""A file parted into chunks of whole records, each small enough for one transaction."""

from collections.abc import Iterator
from typing import IO, Any

from integrations.imports.kinds.base import Row
from integrations.imports.reading.errors import FileRefused
from integrations.imports.reading.table import read_rows

MAX_ROWS = 1_000_000
# A chunk is closed when it has so many rows or records, whichever comes first.
ROWS, RECORDS = 1_000, 100


def split(
    file: IO[bytes], layout: dict[str, Any], key_column: int | None
) -> Iterator[list[list[Row]]]:
    """Give the chunks: lists of records, a record being the rows with one key.

    Rows of a record may stand apart. The file is read twice, and only records of which rows are
    still to come are in memory.
    """
    if key_column is None:
        yield from _batches([Row(number, row)] for number, row in _filled(file, layout))
        return
    last: dict[str, int] = {}
    for number, row in _filled(file, layout):
        key = row[key_column] if key_column < len(row) else ""
        last[key or f"\0{number}"] = number
    yield from _batches(_records(file, layout, key_column, last))


def _records(
    file: IO[bytes], layout: dict[str, Any], key_column: int, last: dict[str, int]
) -> Iterator[list[Row]]:
    waiting: dict[str, list[Row]] = {}
    for number, row in _filled(file, layout):
        key = (row[key_column] if key_column < len(row) else "") or f"\0{number}"
        rows = waiting.setdefault(key, [])
        rows.append(Row(number, row))
        if last[key] == number:
            yield waiting.pop(key)


def _batches(records: Iterator[list[Row]]) -> Iterator[list[list[Row]]]:
    chunk: list[list[Row]] = []
    rows = 0
    for record in records:
        if chunk and (rows + len(record) > ROWS or len(chunk) >= RECORDS):
            yield chunk
            chunk, rows = [], 0
        chunk.append(record)
        rows += len(record)
    if chunk:
        yield chunk


def _filled(file: IO[bytes], layout: dict[str, Any]) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something."""
    count = 0
    for number, row in read_rows(file, layout):
        if not any(row):
            continue
        count += 1
        if count > MAX_ROWS:
            raise FileRefused("too_many_rows")
        yield number, row
