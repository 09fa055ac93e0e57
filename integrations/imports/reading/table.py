"""A file as rows of text, whatever it is; and first looks at one that was just sent."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from typing import IO, Any

from crm.tables.cells import bare_cell
from integrations.imports.reading.detect import (
    SAMPLE,
    find_dialect,
    find_encoding,
    find_format,
    find_header,
    read_sample,
)
from integrations.imports.reading.errors import FileRefused
from integrations.imports.reading.xlsx import Workbook

MAX_COLUMNS = 200
SAMPLE_ROWS = 20


def find_layout(file: IO[bytes], known_names: Iterable[str] = ()) -> dict[str, Any]:
    """Return how the file is written: format, encoding, delimiter, quote, sheet, header."""
    head = file.read(SAMPLE)
    if find_format(head) == "xlsx":
        file.seek(0)
        rows: list[list[str]] = []
        book = Workbook(file)
        for row in book.rows():
            rows.append(row)
            if len(rows) == 40:
                break
        layout: dict[str, Any] = {"format": "xlsx", "sheet": book.sheets[0][0]}
    else:
        encoding = find_encoding(head, is_utf8=_is_utf8(head, file))
        text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
        delimiter, quote = find_dialect(text)
        rows = read_sample(text, delimiter, quote)
        layout = {
            "format": "csv",
            "encoding": encoding,
            "delimiter": delimiter,
            "quote": quote,
        }
    if not any(any(row) for row in rows):
        raise FileRefused("no_rows")
    return layout | {"header": find_header(rows, known_names)}


def _is_utf8(head: bytes, file: IO[bytes]) -> bool:
    """Read the whole file once: a letter of another encoding may stand on its last line."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    piece = head
    try:
        while piece:
            decoder.decode(piece)
            piece = file.read(1 << 20)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def read_rows(file: IO[bytes], layout: dict[str, Any]) -> Iterator[tuple[int, list[str]]]:
    """Give (number as a spreadsheet counts, cells) of each row below the names."""
    file.seek(0)
    numbered = enumerate(_rows(file, layout), start=1)
    for number, row in numbered:
        if number > layout["header"] + 1:
            yield number, row


def read_head(
    file: IO[bytes], layout: dict[str, Any], untitled: str
) -> tuple[list[str], list[list[str]]]:
    """Return the columns' names and the first rows that hold something."""
    file.seek(0)
    names: list[str] = []
    samples: list[list[str]] = []
    for place, row in enumerate(_rows(file, layout)):
        if place == layout["header"]:
            names = row
        elif place > layout["header"] and any(row):
            samples.append(row)
            if len(samples) == SAMPLE_ROWS:
                break
    width = max([len(names), *(len(row) for row in samples)], default=0)
    if not samples:
        raise FileRefused("no_rows")
    if width > MAX_COLUMNS:
        raise FileRefused("too_many_columns")
    names = [
        (names[place][:100] if place < len(names) and names[place] else f"{untitled} {place + 1}")
        for place in range(width)
    ]
    return names, [[cell[:200] for cell in row] + [""] * (width - len(row)) for row in samples]


def _rows(file: IO[bytes], layout: dict[str, Any]) -> Iterator[list[str]]:
    if layout["format"] == "xlsx":
        yield from Workbook(file).rows()
        return
    text = io.TextIOWrapper(file, encoding=layout["encoding"], errors="replace", newline="")
    try:
        lines = (line.replace("\0", "") for line in text)
        for row in csv.reader(lines, delimiter=layout["delimiter"], quotechar=layout["quote"]):
            yield [bare_cell(cell.strip()) for cell in row]
    except csv.Error:
        raise FileRefused("broken") from None
    finally:
        text.detach()
