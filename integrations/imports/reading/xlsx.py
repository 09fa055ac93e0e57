"""The first sheet of an .xlsx, row by row, in memory that does not grow with its rows.

A file from outside: what it unpacks to is bounded, entities are refused, formulas are not
computed (the value that was saved is taken).
"""

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import IO, Any
from xml.etree import ElementTree

from integrations.imports.reading.errors import FileRefused

MAX_UNPACKED = 700 * 1024 * 1024
MAX_RATIO = 200
MAX_ENTRIES = 5_000
MAX_STRINGS = 2_000_000
MAX_COLUMNS = 500
_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_CODE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_COLUMN = re.compile(r"[A-Z]+")


class Workbook:
    """An open .xlsx. `rows()` gives the cells of a sheet as text, dates as 2026-03-01 12:30:00."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError):
            raise FileRefused("broken") from None
        self._guard()
        self.sheets, self._epoch = self._read_workbook()
        if not self.sheets:
            raise FileRefused("no_rows")
        self._dates = self._read_date_styles()
        self._strings = self._read_strings()

    def _guard(self) -> None:
        entries = self._zip.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        packed = sum(entry.compress_size for entry in entries) or 1
        if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED:
            raise FileRefused("bomb")
        if unpacked > 20 * 1024 * 1024 and unpacked / packed > MAX_RATIO:
            raise FileRefused("bomb")
        if any(entry.flag_bits & 1 for entry in entries):
            raise FileRefused("protected")
        if "xl/workbook.xml" not in self._zip.namelist():
            raise FileRefused("not_a_table")

    def _parse(self, name: str, tags: tuple[str, ...]) -> Iterator[ElementTree.Element]:
        """Give the elements of the tags as they end, forgetting what was read."""
        try:
            with self._zip.open(name) as raw:
                source = _Bounded(raw)
                parents: list[ElementTree.Element] = []
                for event, element in ElementTree.iterparse(source, events=("start", "end")):  # noqa: S314 - entities are refused by _Bounded
                    if event == "start":
                        parents.append(element)
                        continue
                    parents.pop()
                    if element.tag in tags:
                        yield element
                        element.clear()
                        if parents:
                            parents[-1].remove(element)
        except KeyError:
            return
        except (ElementTree.ParseError, zipfile.BadZipFile, EOFError, OSError, ValueError):
            raise FileRefused("broken") from None

    def _read_workbook(self) -> tuple[list[tuple[str, str]], datetime]:
        targets = {}
        for link in self._parse(
            "xl/_rels/workbook.xml.rels",
            ("{http://schemas.openxmlformats.org/package/2006/relationships}Relationship",),
        ):
            target = link.get("Target", "").lstrip("/")
            targets[link.get("Id")] = target if target.startswith("xl/") else f"xl/{target}"
        sheets, epoch = [], datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's day has no zone
        for element in self._parse("xl/workbook.xml", (f"{_NS}sheet", f"{_NS}workbookPr")):
            if element.tag == f"{_NS}workbookPr":
                if element.get("date1904") in {"1", "true"}:
                    epoch = datetime(1904, 1, 1)  # noqa: DTZ001
            elif element.get("state", "visible") == "visible":
                path = targets.get(element.get(_REL))
                if path:
                    sheets.append((element.get("name", ""), path))
        return sheets, epoch

    def _read_date_styles(self) -> set[int]:
        """The places of cell styles that show a number as a day or an hour."""
        custom: set[int] = set()
        dates: set[int] = set()
        tags = (f"{_NS}numFmt", f"{_NS}cellXfs")
        for element in self._parse("xl/styles.xml", tags):
            if element.tag == f"{_NS}numFmt":
                code = _NOT_CODE.sub("", element.get("formatCode", "")).lower()
                if re.search(r"[ydhs]|mm", code) and "0.0" not in code:
                    custom.add(int(element.get("numFmtId", "0")))
                continue
            for place, style in enumerate(element):
                number = int(style.get("numFmtId", "0"))
                if number in _DATE_FORMATS or number in custom:
                    dates.add(place)
        return dates

    def _read_strings(self) -> list[str]:
        strings: list[str] = []
        for element in self._parse("xl/sharedStrings.xml", (f"{_NS}si",)):
            strings.append(_text(element))
            if len(strings) > MAX_STRINGS:
                raise FileRefused("bomb")
        return strings

    def rows(self, sheet: int = 0) -> Iterator[list[str]]:
        """Give the rows of a sheet in order, empty ones among them as []."""
        expected = 1
        for row in self._parse(self.sheets[sheet][1], (f"{_NS}row",)):
            number = int(row.get("r") or expected)
            for _empty in range(expected, min(number, expected + 1000)):
                yield []
            expected = number + 1
            yield self._cells(row)

    def _cells(self, row: ElementTree.Element) -> list[str]:
        cells: list[str] = []
        for cell in row:
            column = _column_of(cell.get("r", "")) if cell.get("r") else len(cells)
            if column >= MAX_COLUMNS:
                raise FileRefused("too_many_columns")
            while len(cells) < column:
                cells.append("")
            cells.append(self._value(cell))
        while cells and not cells[-1]:
            cells.pop()
        return cells

    def _value(self, cell: ElementTree.Element) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _text(cell).strip()
        value = cell.findtext(f"{_NS}v")
        if value is None:
            return ""
        if kind == "s":
            place = int(value)
            return self._strings[place].strip() if place < len(self._strings) else ""
        if kind == "b":
            return "1" if value == "1" else "0"
        if kind == "e":
            return ""
        if kind == "n":
            return self._number(value, int(cell.get("s", "0")))
        return value.strip()

    def _number(self, value: str, style: int) -> str:
        try:
            number = float(value)
        except ValueError:
            return value.strip()
        if style in self._dates and 0 <= number < 2_958_466:
            moment = self._epoch + timedelta(days=number)
            moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
            return f"{moment:%Y-%m-%d}" if number == int(number) else f"{moment:%Y-%m-%d %H:%M:%S}"
        # 2.55 is kept as 2.5499999999999998: fifteen digits are what was typed.
        return f"{number:.15g}" if abs(number) < 1e15 else value


class _Bounded:
    """A part being unpacked: no more than is allowed, and no entities of its own."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._left = MAX_UNPACKED
        self._begun = False

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(min(size, 65536) if size > 0 else 65536)
        self._left -= len(data)
        if self._left < 0:
            raise FileRefused("bomb")
        if not self._begun:
            self._begun = True
            if b"<!DOCTYPE" in data[:4096].upper():
                raise FileRefused("not_a_table")
        return data


def _text(element: Any) -> str:
    """The text of a string with or without formatting; the reading aid of Japanese left out."""
    return "".join(part.text or "" for part in element.iter(f"{_NS}t") if part is not None)


def _column_of(reference: str) -> int:
    found = _COLUMN.match(reference)
    column = 0
    for letter in found.group() if found else "A":
        column = column * 26 + ord(letter) - 64
    return column - 1
