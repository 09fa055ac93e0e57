"""Work by pieces: any number of rows, gone on with where the last piece ended, one file."""

import pytest
from django.db import transaction
from django.utils import timezone

from crm.jobs.actions import start_job
from crm.jobs.files import add_part, read_file
from crm.jobs.kinds import CanNotGoOn, JobKind, Piece, register_job_kind
from crm.jobs.limits import MAX_ROWS
from crm.jobs.models import Job, JobPart, JobRow, JobState
from crm.jobs.run import run_job
from crm.tenancy.context import tenant_scope
from tests.jobs.test_batches import company as company
from tests.jobs.test_run import Company

NAME = "test.pieces"
ROWS = MAX_ROWS * 3 + 5


@pytest.fixture
def marks():
    return []


@pytest.fixture(autouse=True)
def kind(marks):
    def run_piece(run):
        mark = run.job.mark or 0
        marks.append(mark)
        add_part(run.job, f"{mark};".encode(), position=mark)
        if run.params.get("at") == mark:
            raise CanNotGoOn("forbidden") if run.params["why"] == "forbidden" else KeyError
        rows = min(MAX_ROWS, ROWS - mark)
        return Piece(rows, mark + rows, is_last=mark + rows == ROWS)

    made = JobKind(
        NAME,
        "Pieces",
        run_piece=run_piece,
        file_name=lambda job: job.params.get("name", "rows.csv"),
        may_read=lambda member, _job: member.role != "picker",
    )
    register_job_kind(made)
    return made


def start(company: Company, **params) -> Job:
    with tenant_scope(company.tenant.pk), transaction.atomic():
        return start_job(
            kind=NAME, params=params, member=company.member, now=timezone.now(), expected=ROWS - 1
        )


def test_each_piece_goes_on_from_the_mark(company, marks):
    job = start(company)
    with tenant_scope(company.tenant.pk):
        assert run_job(job_id=job.pk, seconds=0) is True
    assert (company.read(job).done, company.read(job).mark) == (MAX_ROWS, MAX_ROWS)
    done = company.run(job)
    company.run(job)
    assert (done.state, done.done, done.total) == (JobState.DONE, ROWS, ROWS)
    assert marks == [0, MAX_ROWS, MAX_ROWS * 2, MAX_ROWS * 3]
    with tenant_scope(company.tenant.pk), transaction.atomic():
        assert b"".join(read_file(job)).decode() == "".join(f"{mark};" for mark in marks)
        assert not JobRow.objects.exists()


@pytest.mark.parametrize("why", ["forbidden", "broke"])
def test_a_piece_that_can_not_be_done_ends_the_job_and_leaves_nothing(company, why):
    done = company.run(start(company, at=MAX_ROWS, why=why))
    assert (done.state, done.error, done.done) == (JobState.FAILED, why, MAX_ROWS)
    with tenant_scope(company.tenant.pk), transaction.atomic():
        assert list(JobPart.objects.values_list("position", flat=True)) == [0]


@pytest.mark.parametrize(
    ("name", "kind_of_file"),
    [
        ("orders.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("company.zip", "application/zip"),
        ("замовлення.csv", "text/csv; charset=utf-8"),
    ],
)
def test_a_file_is_served_as_what_it_is(shop, analyst, client_of, name, kind_of_file):
    job = done_job(analyst, name)
    answer = client_of(analyst).get(f"/shop/jobs/{job.pk}/file/")
    assert answer["Content-Type"] == kind_of_file
    assert answer["Content-Length"] == "2"
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert answer.getvalue() == b"0;"


def test_a_file_is_its_makers_while_they_may_read_it(shop, analyst, owner, client_of):
    job = done_job(analyst, "orders.csv")
    page, file = f"/shop/jobs/{job.pk}/", f"/shop/jobs/{job.pk}/file/"
    assert client_of(analyst).get(file).status_code == 200
    assert file in client_of(analyst).get(page).text
    assert client_of(owner).get(file).status_code == 303
    assert file not in client_of(owner).get(page).text
    analyst.role = "picker"
    analyst.save(update_fields=["role"])
    assert client_of(analyst).get(file).status_code == 303
    assert file not in client_of(analyst).get(page).text


def done_job(member, name) -> Job:
    job = start_job(kind=NAME, params={"name": name}, member=member, now=timezone.now(), expected=1)
    add_part(job, b"0;")
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, finished_at=timezone.now())
    return job
