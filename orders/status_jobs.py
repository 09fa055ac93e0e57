"""The job that moves orders out of a status that was archived."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.jobs.kinds import JobKind, Outcome, RowRefused, Run, register_job_kind
from crm.shell.links import company_url
from orders.actions.configure_statuses import EMPTY_STATUS, empty_status
from orders.wording import REFUSALS, error_text


def connect() -> None:
    """Register the kind; called once at start."""
    register_job_kind(
        JobKind(
            EMPTY_STATUS,
            gettext_lazy("Move orders out of an archived status"),
            list_rows=_list_rows,
            run_row=_run_row,
            name_row=_name,
            icon="archive",
        )
    )


def _list_rows(params: dict[str, Any]) -> range:
    """So many batches: nobody enters an archived status, so what stands in it grows less."""
    return range(1, params["batches"] + 1)


def _name(row: int) -> str:
    return _("Part %(number)s") % {"number": row}


def _run_row(row: int, run: Run) -> Outcome:
    status_id = run.params["status"]
    try:
        moved = empty_status(
            status_id=status_id, heir_id=run.params["heir"], actor=run.actor, now=run.now
        )
    except REFUSALS as refusal:
        raise RowRefused(error_text(refusal), label=_name(row)) from refusal
    count = len(moved)
    text = ngettext("%(n)s order moved", "%(n)s orders moved", count) % {"n": count}
    url = company_url("orders:list") + f"?status={run.params['heir']}"
    return Outcome(_name(row), url, text)
