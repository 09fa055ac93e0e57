"""The file that says what became of each row: the rows as they came, with outcome and reason."""

import csv
import io
import tempfile
from typing import IO

from django.utils.translation import gettext as _

from integrations.imports.kinds.base import WRONG
from integrations.imports.kinds.registry import KINDS
from integrations.imports.models import Import
from integrations.imports.selectors import iterate_chunks
from integrations.imports.storage import unpack
from integrations.imports.words import STATE_WORDS, problem_text

# A cell that begins so is a formula to a spreadsheet.
_FORMULA = ("=", "+", "@", "\t", "\r")


def write_result(run: Import, *, only_wrong: bool = False) -> IO[bytes]:
    """Write the rows of an import, or those of its wrong records, as CSV; one chunk in memory."""
    kind = KINDS[run.kind]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(
        [_("Row"), _("Outcome"), _("Reason"), _("№ in Kram"), *map(_plain, run.headers)]
    )
    for chunk in iterate_chunks(run, only_wrong=only_wrong):
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
                writer.writerow(
                    [
                        row.number,
                        STATE_WORDS[verdict["s"]],
                        " ".join(told),
                        verdict.get("no", ""),
                        *map(_plain, row.cells),
                    ]
                )
    text.detach()
    file.seek(0)
    return file


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    if cell.startswith(_FORMULA) or (cell.startswith("-") and not cell[1:2].isdigit()):
        return "'" + cell
    return cell
