"""The work of imports as jobs: each row of a job is a chunk, done in one transaction."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.jobs.kinds import JobKind, Outcome, Run, register_job_kind
from crm.shell.live import publish_after_commit
from crm.tenancy.context import current_tenant_id
from integrations.imports.actions.work import (
    CHECK,
    RUN,
    STATES,
    UNDO,
    bring_in,
    check_file,
    list_positions,
    settle,
    take_back,
)
from integrations.imports.models import ImportState
from integrations.imports.words import FILE_REFUSALS, STATE_WORDS, kept_text


def connect() -> None:
    """Register the kinds of jobs; called once at start."""
    register_job_kind(
        JobKind(
            CHECK,
            gettext_lazy("Read a file to import"),
            list_rows=lambda params: [params["import"]],
            run_row=_check,
            icon="file-search",
        )
    )
    register_job_kind(
        JobKind(
            RUN,
            gettext_lazy("Import a file"),
            list_rows=list_positions,
            run_row=_bring_in,
            name_row=_name,
            icon="file-input",
            finish=_finish,
        )
    )
    register_job_kind(
        JobKind(
            UNDO,
            gettext_lazy("Undo an import"),
            list_rows=_backwards,
            run_row=_take_back,
            name_row=_name,
            icon="undo-2",
            finish=_finish,
        )
    )


def _check(import_id: int, run: Run) -> Outcome:
    done = check_file(import_id=import_id, actor=run.actor, now=run.now)
    _tell(import_id)
    if done.state == ImportState.FAILED:
        # No refusal: that would roll back the word of it on the import's own page.
        return Outcome(done.file_name, message=str(FILE_REFUSALS.get(done.error, done.error)))
    rows = done.counts.get("rows", 0)
    text = ngettext("%(n)s row read", "%(n)s rows read", rows) % {"n": rows}
    return Outcome(done.file_name, message=text)


def _backwards(params: dict[str, Any]) -> Sequence[int]:
    """The last chunk first: what came later may stand on what came before."""
    return list_positions(params)[::-1]


def _bring_in(position: int, run: Run) -> Outcome:
    import_id = run.params["import"]
    counts = bring_in(import_id=import_id, position=position, actor=run.actor, now=run.now)
    text = ", ".join(f"{STATE_WORDS[state]}: {counts[state]}" for state in STATES if counts[state])
    return Outcome(_name(position), message=text)


def _take_back(position: int, run: Run) -> Outcome:
    gone, stay = take_back(
        import_id=run.params["import"], position=position, actor=run.actor, now=run.now
    )
    text = ngettext("%(n)s taken back", "%(n)s taken back", gone) % {"n": gone}
    if stay:
        told = "; ".join(kept_text(kind, label, why) for kind, label, why in stay[:5])
        text = _("%(gone)s. Left: %(count)s. %(kept)s") % {
            "gone": text,
            "count": len(stay),
            "kept": told,
        }
    return Outcome(_name(position), message=text)


def _finish(run: Run) -> None:
    settle(import_id=run.params["import"])
    _tell(run.params["import"])


def _name(position: int) -> str:
    return _("Part %(n)s") % {"n": position + 1}


def _tell(import_id: int) -> None:
    publish_after_commit(
        tenant_id=current_tenant_id(), topic=f"imports:{import_id}", payload={"id": str(import_id)}
    )
