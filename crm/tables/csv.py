"""A table as CSV, as Excel in Ukrainian opens it: semicolons, and a mark that says UTF-8."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from crm.tables.cells import spell
from crm.tables.formats import Put

DELIMITER = ";"
BOM = "\ufeff"


class CsvTable:
    """Writes rows piece by piece; `state` is all that it must be given to go on."""

    def __init__(self, put: Put, state: dict[str, Any] | None = None) -> None:
        self._put = put
        self.state: dict[str, Any] = state or {"parts": 0}

    def begin(self, headers: Sequence[Any]) -> None:
        """Write the headings."""
        self._add(BOM + _lines([headers]))

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write a piece of rows."""
        self._add(_lines(rows))

    def end(self) -> None:
        """Nothing is left to be said."""

    def _add(self, text: str) -> None:
        if text:
            self._put(self.state["parts"], text.encode())
            self.state["parts"] += 1


def _lines(rows: Iterable[Sequence[Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=DELIMITER, lineterminator="\r\n")
    writer.writerows([spell(value) for value in row] for row in rows)
    return buffer.getvalue()
