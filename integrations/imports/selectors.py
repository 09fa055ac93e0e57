"""Reads of imports."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from integrations.imports.models import Chunk, FilePart, Import, Trace

PAGE = 50


def list_imports(*, before: int | None = None) -> tuple[list[Import], int | None]:
    """Return a page of imports, newest first, and where the next begins. One query."""
    rows = Import.objects.select_related("created_by", "run_job").defer(
        "headers", "samples", "mapping", "options"
    )
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


@dataclass(frozen=True, slots=True)
class Problem:
    """A record that did not or will not come in."""

    label: str
    problems: list[list[object]]


def list_problems(run: Import, *, limit: int) -> list[Problem]:
    """Return the first records that are wrong. Reads only the chunks that hold one."""
    found: list[Problem] = []
    for verdicts in (
        Chunk.objects.filter(run=run, wrong__gt=0)
        .order_by("position")
        .values_list("verdicts", flat=True)
        .iterator(chunk_size=5)
    ):
        for verdict in verdicts:
            if verdict["s"] == "wrong":
                found.append(Problem(verdict["l"], verdict.get("p", [])))
                if len(found) == limit:
                    return found
    return found


def has_file(run: Import) -> bool:
    """Tell whether the file and its rows are still kept (see actions/forgetting.py)."""
    return FilePart.objects.filter(run=run, position=0).exists()


def list_kept(run: Import, *, limit: int) -> tuple[list[Trace], int]:
    """Return the first things that an undo left, and how many there are. Two queries."""
    kept = Trace.objects.filter(run=run, undone=False).exclude(why="")
    return list(kept.order_by("object_type", "id")[:limit]), kept.count()


def iterate_chunks(run: Import, *, only_wrong: bool = False) -> Iterator[Chunk]:
    """Give the chunks in their order, one in memory."""
    chunks: QuerySet[Chunk] = Chunk.objects.filter(run=run).order_by("position")
    if only_wrong:
        chunks = chunks.filter(wrong__gt=0)
    yield from chunks.iterator(chunk_size=2)
