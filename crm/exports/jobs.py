"""The job that writes a table into a file, piece by piece, going on by the id it has come to.

Rights are those of the moment at which a piece is made: the member is read anew for each. What
the file holds is decided by its first piece; whoever loses a right that it needs gets no file.
"""

from typing import Any

from crm.accounts.masking import phones_for_one_reader
from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.audit.actor import Actor
from crm.audit.reads import Read, Via, record_reads
from crm.exports.notices import READY
from crm.exports.registry import Asker, Table, columns_for, register_table
from crm.jobs.files import add_part
from crm.jobs.kinds import CanNotGoOn, JobKind, Piece, Run, register_job_kind
from crm.jobs.models import Job
from crm.shell.actions import notify
from crm.shell.links import company_url
from crm.tables.csv import CsvTable
from crm.tables.xlsx import XlsxTable

FORMATS = {"csv": CsvTable, "xlsx": XlsxTable}
Mark = dict[str, Any]


def offer_table(table: Table) -> None:
    """Make a table known, and the kind of the jobs that export it."""
    register_table(table)

    def run_piece(run: Run) -> Piece:
        return write_piece(table, run)

    def finish(run: Run) -> None:
        assert run.job is not None
        tell_ready(table, run.job, run)

    register_job_kind(
        JobKind(
            table.kind,
            table.job_label,
            icon="download",
            run_piece=run_piece,
            finish=finish,
            describe=lambda job: format_of(job).upper(),
            file_name=lambda job: file_name(table, job),
            may_read=may_read,
        )
    )


def format_of(job: Job) -> str:
    return str(job.params.get("format", "csv"))


def file_name(table: Table, job: Job) -> str:
    stem = table.name.replace("_", "-")
    return f"{stem}-{job.created_at:%Y-%m-%d}-{job.pk}.{format_of(job)}"


def may_read(member: Membership, job: Job) -> bool:
    """Tell whether the member may have the file: every right that went into it is still held."""
    mark: Mark = job.mark or {"needs": [Permission.DATA_EXPORT], "scope": None}
    same_rows = mark["scope"] is None or member.row_scope.is_all or _scope(member) == mark["scope"]
    return same_rows and all(member.can(right) for right in mark["needs"])


def write_piece(table: Table, run: Run) -> Piece:
    """Write the next rows of the file, and what the first and the last piece write besides."""
    job, member = run.job, _read_member(run)
    assert job is not None
    if not (member.has_access(run.now) and member.can(Permission.DATA_EXPORT)):
        raise CanNotGoOn("forbidden")
    if not member.can(table.permission):
        raise CanNotGoOn("forbidden")
    asker = Asker(member, job.created_at)
    mark: Mark = job.mark or _begin(table, job, asker)
    if not all(member.can(right) for right in mark["needs"]):
        raise CanNotGoOn("forbidden")
    columns = columns_for(table, asker, mark["columns"])
    if [column.name for column in columns] != mark["columns"]:
        raise CanNotGoOn("gone")

    found = table.find(job.params["selection"], asker)
    found = found.filter(id__gt=mark["after"], id__lte=mark["until"]).order_by("id")
    ids = list(found.values_list("id", flat=True)[: table.piece])
    writer = FORMATS[format_of(job)](
        lambda place, data: add_part(job, data, position=place), mark["table"]
    )
    if mark["table"] is None:
        writer.begin([str(column.header) for column in columns])
    with phones_for_one_reader(hidden=not member.can(Permission.PHONES_VIEW)):
        rows = table.read(job.params["selection"], ids, asker) if ids else []
        for more in table.more:
            more.load(rows)
        writer.add([column.value(row) for column in columns] for row in rows)
    is_last = len(ids) < table.piece
    if is_last:
        writer.end()
    _note_reads(table, rows, member, run)
    mark |= {"after": ids[-1] if ids else mark["after"], "table": writer.state}
    return Piece(len(ids), mark, is_last=is_last)


def _begin(table: Table, job: Job, asker: Asker) -> Mark:
    """Decide what the file holds: up to which row, which columns, and what rights they take."""
    newest = table.find(job.params["selection"], asker).order_by("-id")
    columns = columns_for(table, asker, job.params.get("columns"))
    needs = {Permission.DATA_EXPORT, table.permission}
    needs |= {column.permission for column in columns if column.permission is not None}
    if asker.member.can(Permission.PHONES_VIEW):
        needs.add(Permission.PHONES_VIEW)
    return {
        "after": 0,
        "until": newest.values_list("id", flat=True).first() or 0,
        "columns": [column.name for column in columns],
        "needs": sorted(str(right) for right in needs),
        "scope": _scope(asker.member),
        "table": None,
    }


def _read_member(run: Run) -> Membership:
    if run.member is None:
        raise CanNotGoOn("forbidden")
    return Membership.objects.get(pk=run.member.pk)


def _scope(member: Membership) -> dict[str, Any]:
    return member.row_scope.to_json()


def _note_reads(table: Table, rows: Any, member: Membership, run: Run) -> None:
    reader = Actor.member(member)
    people = dict.fromkeys(person for row in rows if (person := table.person(row)) is not None)
    record_reads((Read(reader, kind, pk, Via.EXPORT) for kind, pk in people), now=run.now)


def tell_ready(table: Table, job: Job, run: Run) -> None:
    """Tell who asked that the file waits for them, and where."""
    if job.created_by_id is None:
        return
    notify(
        members=[job.created_by_id],
        kind=READY,
        params={"table": table.name, "format": format_of(job)},
        url=company_url("jobs:job", job_id=job.pk),
        now=run.now,
    )
