"""The file that says what became of each row: the rows as they came, with outcome and reason."""

import tempfile
from collections.abc import Iterator
from typing import IO, Any

from django.utils.translation import gettext as _

from crm.tables.csv import CsvTable
from integrations.imports.kinds.base import WRONG
from integrations.imports.kinds.registry import kind_of
from integrations.imports.models import Import
from integrations.imports.selectors import iterate_chunks
from integrations.imports.storage import unpack
from integrations.imports.words import STATE_WORDS, problem_text


def write_result(run: Import, *, only_wrong: bool = False) -> IO[bytes]:
    """Write the rows of an import, or those of its wrong records, as CSV; one chunk in memory."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    table = CsvTable(lambda _place, data: file.write(data))
    table.begin([_("Row"), _("Outcome"), _("Reason"), _("№ in Kram"), *run.headers])
    for rows in _rows(run, only_wrong=only_wrong):
        table.add(rows)
    file.seek(0)
    return file


def _rows(run: Import, *, only_wrong: bool) -> Iterator[list[list[Any]]]:
    """Give the rows of the file, those of a chunk at a time."""
    kind = kind_of(run.kind)
    for chunk in iterate_chunks(run, only_wrong=only_wrong):
        rows: list[list[Any]] = []
        for record, verdict in zip(unpack(chunk), chunk.verdicts, strict=True):
            if only_wrong and verdict["s"] != WRONG:
                continue
            reasons: dict[int, list[str]] = {}
            for problem in verdict.get("p", []):
                column, words = problem_text(kind, problem)
                reasons.setdefault(problem[0], []).append(f"{column}: {words}" if column else words)
            for row in record:
                # What is wrong with one row keeps the whole record out.
                told = reasons.get(row.number) or reasons.get(0) or []
                if not told and verdict["s"] == WRONG:
                    told = [_("Another row of this record is wrong.")]
                said = [row.number, STATE_WORDS[verdict["s"]], " ".join(told)]
                rows.append([*said, verdict.get("no", ""), *row.cells])
        yield rows
