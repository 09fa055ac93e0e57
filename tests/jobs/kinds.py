"""A kind of job whose work can be counted; the worker of the kill test imports it too."""

import time
from typing import Any

from crm.audit.models import AuditEntry
from crm.jobs.kinds import JobKind, Outcome, RowRefused, Run, register_job_kind

NAME = "test.mark"


def list_rows(params: dict[str, Any]) -> range:
    return range(params["count"])


def run_row(row: int, run: Run) -> Outcome:
    """Leave a mark. Row 3 is refused, row 5 breaks after it has written."""
    time.sleep(run.params.get("seconds", 0))
    refused = run.params.get("bad", False)
    if refused and row == 3:
        raise RowRefused("no such row", label="Row three", url="/row/3/")
    AuditEntry.objects.create(
        at=run.now,
        actor_kind=run.actor.kind,
        actor_id=run.actor.id,
        actor_label=run.actor.label,
        action="test.mark",
        object_type="row",
        object_id=row,
    )
    if refused and row == 5:
        raise ZeroDivisionError
    return Outcome(label=f"Row {row}", url=f"/row/{row}/")


register_job_kind(JobKind(NAME, "Marks", list_rows, run_row, name_row=lambda row: f"Row {row}"))
