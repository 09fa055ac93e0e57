"""An import made ready to show."""

from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _

from crm.jobs.models import JobState
from integrations.imports.actions.forgetting import KEEP_FOR
from integrations.imports.actions.work import progress_key
from integrations.imports.kinds.registry import KINDS, kind_of
from integrations.imports.models import Import, ImportState
from integrations.imports.selectors import has_file, list_kept, list_problems
from integrations.imports.web.forms import DELIMITERS, ENCODINGS
from integrations.imports.words import FILE_REFUSALS, NOTES, kept_words, problem_text

FIRST_PROBLEMS = 50
_LOOKS = {
    ImportState.MAPPING: ("yellow", "columns-3"),
    ImportState.CHECKING: ("blue", "loader"),
    ImportState.READY: ("cyan", "eye"),
    ImportState.RUNNING: ("blue", "loader"),
    ImportState.DONE: ("green", "circle-check"),
    ImportState.UNDOING: ("blue", "loader"),
    ImportState.UNDONE: ("gray", "undo-2"),
    ImportState.FAILED: ("red", "circle-x"),
}


def present_row(run: Import) -> dict[str, Any]:
    """A line of the list."""
    color, icon = _LOOKS[ImportState(run.state)]
    return {
        "run": run,
        "kind": KINDS[run.kind],
        "color": color,
        "icon": icon,
        "written": _written(run),
    }


def present_import(run: Import) -> dict[str, Any]:
    """The page of one import."""
    context = present_row(run)
    job = {
        ImportState.RUNNING: run.run_job,
        ImportState.UNDOING: run.undo_job,
        ImportState.CHECKING: run.check_job,
    }.get(ImportState(run.state))
    counts = run.counts
    context |= {
        "kind": kind_of(run.kind),
        "step": _step(run),
        "job": job,
        "layout_text": _layout(run),
        "counts": counts,
        "notes": [
            (NOTES[code], count)
            for code, count in sorted(counts.get("notes", {}).items(), key=lambda pair: -pair[1])
            if code in NOTES
        ],
        "error": FILE_REFUSALS.get(run.error, run.error),
        "has_file": has_file(run),
        "keep_days": KEEP_FOR.days,
        "stopped": run.run_job is not None and run.run_job.state == JobState.CANCELLED,
        "to_write": counts.get("new", 0) + counts.get("change", 0),
    }
    if run.state == ImportState.CHECKING:
        context |= {
            "rows_read": cache.get(progress_key(run.pk)) or 0,
            "rows_total": max(run.layout.get("lines", 0), 1),
        }
    if run.state in {ImportState.READY, ImportState.DONE} and counts.get("wrong"):
        kind = kind_of(run.kind)
        context["problems"] = [
            {
                "label": one.label,
                "told": [(problem[0], *problem_text(kind, problem)) for problem in one.problems],
            }
            for one in list_problems(run, limit=FIRST_PROBLEMS)
        ]
    if run.state == ImportState.UNDONE:
        kept, context["kept_count"] = list_kept(run, limit=FIRST_PROBLEMS)
        context["kept"] = [kept_words(t.object_type, t.label, t.why) for t in kept]
    return context


def _step(run: Import) -> str:
    if run.state in {ImportState.MAPPING, ImportState.FAILED}:
        return "columns"
    if run.state == ImportState.READY:
        return "preview"
    return str(run.state)


def _written(run: Import) -> str:
    """How many records stand or stood in the company by it."""
    counts = run.counts
    if run.state not in {ImportState.DONE, ImportState.UNDONE, ImportState.READY}:
        return ""
    return str(counts.get("new", 0) + counts.get("change", 0))


def _layout(run: Import) -> str:
    """How the file was read, in a line."""
    layout = run.layout
    parts = [layout["format"].upper()]
    if layout["format"] == "xlsx":
        parts.append(_("sheet «%(name)s»") % {"name": layout.get("sheet", "")})
    else:
        parts.append(dict(ENCODINGS).get(layout["encoding"], layout["encoding"]))
        parts.append(str(dict(DELIMITERS).get(layout["delimiter"], layout["delimiter"])))
    if layout["header"] >= 0:
        parts.append(_("names in row %(n)s") % {"n": layout["header"] + 1})
    else:
        parts.append(_("no row of names"))
    return " · ".join(parts)
