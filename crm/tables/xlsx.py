"""A table as XLSX, written in pieces: whoever has a piece's place and the state goes on.

A sheet is one deflated stream; each piece ends on a whole byte and refers to nothing before it,
so pieces are made apart and joined. What is known only at the end (sums and sizes that the
archive's heads name, how many sheets there are) is put into places kept free for it.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from crm.tables.formats import Put
from crm.tables.sheet import Grid, make_front, sheet_head

MAX_ROWS = 1_048_576  # of one sheet, the headings among them: what Excel can open
MAX_RAW = 2_000_000_000  # bytes of one sheet: an archive's sizes have 32 bits
_LEVEL = 4
_TAIL = b"</sheetData></worksheet>"
_FRONT = 0  # the place of the parts that name the sheets


class XlsxTable:
    """Writes rows piece by piece; `state` is all that it must be given to go on."""

    def __init__(
        self, put: Put, state: dict[str, Any] | None = None, *, max_rows: int = MAX_ROWS
    ) -> None:
        self._put = put
        self._max_rows = max_rows
        self.state: dict[str, Any] = state or {"parts": 1, "headers": [], "sheets": []}

    def begin(self, headers: Sequence[Any]) -> None:
        """Keep the headings: each sheet begins with them."""
        self.state["headers"] = [str(header) for header in headers]

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write a piece of rows; more sheets are begun where one is full."""
        left = list(rows)
        while left:
            sheet = self._open_sheet(left)
            room = self._max_rows - sheet["rows"]
            grid = Grid(first=sheet["rows"] + 1)
            self._write(sheet, grid.rows(left[:room]))
            sheet["rows"] += len(left[:room])
            left = left[room:]

    def end(self) -> None:
        """Close the sheets, and write what names them."""
        if not self.state["sheets"]:
            self._begin_sheet([])
        self._close_sheet(self.state["sheets"][-1])
        names = [f"xl/worksheets/sheet{place}.xml" for place, _s in self._numbered()]
        front, entries = b"", []
        for name, data in make_front(len(names)):
            packed = _deflate(data) + _end_of_stream()
            entry = _Entry(name, zlib.crc32(data), len(data), len(packed), len(front))
            front += entry.head() + packed
            entries.append(entry)
        self._put(_FRONT, front)
        offset = len(front)
        for name, sheet in zip(names, self.state["sheets"], strict=True):
            entry = _Entry(name, sheet["crc"], sheet["raw"], sheet["packed"], offset)
            self._put(sheet["at"], entry.head())
            offset += len(entry.head()) + sheet["packed"]
            entries.append(entry)
        directory = b"".join(entry.listed() for entry in entries)
        count = len(entries)
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), offset, 0)
        self._put(self._next_place(), directory + end)

    def _open_sheet(self, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
        sheets = self.state["sheets"]
        if sheets and sheets[-1]["rows"] < self._max_rows and sheets[-1]["raw"] < MAX_RAW:
            return sheets[-1]
        if sheets:
            self._close_sheet(sheets[-1])
        return self._begin_sheet(rows)

    def _begin_sheet(self, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
        sheet = {"at": self._next_place(), "rows": 1, "crc": 0, "raw": 0, "packed": 0}
        self.state["sheets"].append(sheet)
        self._write(sheet, sheet_head(self.state["headers"], rows))
        return sheet

    def _close_sheet(self, sheet: dict[str, Any]) -> None:
        self._write(sheet, _TAIL, last=True)

    def _write(self, sheet: dict[str, Any], data: bytes, *, last: bool = False) -> None:
        packed = _deflate(data) + (_end_of_stream() if last else b"")
        sheet["crc"] = zlib.crc32(data, sheet["crc"])
        sheet["raw"] += len(data)
        sheet["packed"] += len(packed)
        self._put(self._next_place(), packed)

    def _next_place(self) -> int:
        place: int = self.state["parts"]
        self.state["parts"] += 1
        return place

    def _numbered(self) -> Iterable[tuple[int, dict[str, Any]]]:
        return enumerate(self.state["sheets"], start=1)


class _Entry:
    """A file of the archive, as its two heads tell of it."""

    def __init__(self, name: str, crc: int, raw: int, packed: int, offset: int) -> None:
        self._name = name.encode()
        # Needs version 2.0, names in UTF-8, deflated, 1 January 1980: nobody asks when.
        self._told = (20, 0x800, 8, 0, 0x21, crc, packed, raw, len(self._name), 0)
        self._offset = offset

    def head(self) -> bytes:
        return struct.pack("<4s5H3L2H", b"PK\3\4", *self._told) + self._name

    def listed(self) -> bytes:
        rest = (0, 0, 0, 0, self._offset)
        return struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, *self._told, *rest) + self._name


def _deflate(data: bytes) -> bytes:
    """Pack a piece so that others may stand before and after it."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH)


def _end_of_stream() -> bytes:
    return zlib.compressobj(wbits=-zlib.MAX_WBITS).flush()
