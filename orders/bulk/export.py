"""The job that writes chosen orders into a CSV file, a piece of it with each batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.accounts.masking import phones_for_one_reader
from crm.accounts.permissions import Permission
from crm.audit.actor import Actor
from crm.audit.reads import Read, Via, record_reads
from crm.jobs.files import add_part
from crm.jobs.kinds import CanNotGoOn, JobKind, Outcome, RowRefused, Run, register_job_kind
from crm.jobs.models import Job
from crm.shell.links import company_url
from crm.tables.csv import CsvTable
from orders.bulk.selection import Selection
from orders.exporting import ExportColumn, ExportRow, cells_of, columns_for, read_rows
from orders.selectors.visible import visible_orders

KIND = "orders.export"
BATCH = 200


@dataclass(frozen=True, slots=True)
class Given:
    columns: list[ExportColumn]
    rows: dict[int, ExportRow]


def connect() -> None:
    """Register the kind; called once at start."""
    register_job_kind(
        JobKind(
            KIND,
            gettext_lazy("Export orders"),
            find_rows=_find_rows,
            run_row=_run_row,
            icon="download",
            batch=BATCH,
            begin_batch=_begin_batch,
            end_batch=_end_batch,
            file_name=_file_name,
        )
    )


def _file_name(job: Job) -> str:
    return f"orders-{job.created_at:%Y-%m-%d}-{job.pk}.csv"


def _find_rows(run: Run) -> Sequence[int]:
    assert run.member is not None
    return Selection.from_json(run.params["selection"]).find_ids(viewer=run.member, now=run.now)


def _begin_batch(order_ids: Sequence[int], run: Run) -> Given:
    member = run.member
    assert member is not None
    if not (member.has_access(run.now) and member.can(Permission.DATA_EXPORT)):
        raise CanNotGoOn("forbidden")
    seen = set(
        visible_orders(member).filter(id__any_of=list(order_ids)).values_list("id", flat=True)
    )
    rows = read_rows([pk for pk in order_ids if pk in seen])
    columns = columns_for(member, run.params.get("columns"))
    return Given(columns, {row.order.pk: row for row in rows})


def _run_row(order_id: int, run: Run) -> Outcome:
    row = run.given.rows.get(order_id)
    if row is None:
        raise RowRefused(_("There is no such order any more."), label=_("An order"))
    url = company_url("orders:detail", number=row.order.number)
    return Outcome(str(row.order), url, object_id=order_id)


def _end_batch(order_ids: Sequence[int], _outcomes: Sequence[Outcome], run: Run) -> None:
    """Write the piece of these orders; the first has the headings."""
    given: Given = run.given
    job: Any = run.job
    member: Any = run.member
    with phones_for_one_reader(hidden=not member.can(Permission.PHONES_VIEW)):
        rows = [given.rows[pk] for pk in order_ids if pk in given.rows]
        pieces: list[bytes] = []
        table = CsvTable(lambda _place, data: pieces.append(data))
        if job.worked == 0:
            table.begin([column.header for column in given.columns])
        table.add(cells_of(given.columns, row) for row in rows)
    add_part(job, b"".join(pieces))
    reader = Actor.member(member)
    record_reads((Read(reader, "order", pk, Via.EXPORT) for pk in given.rows), now=run.now)
