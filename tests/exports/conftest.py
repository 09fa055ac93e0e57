"""Files as people get them: asked for on a list's page, made by the job, fetched."""

import csv
import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from crm.accounts.models import Membership, User
from crm.jobs.models import Job
from crm.jobs.run import run_job
from integrations.imports.reading.xlsx import Workbook

Rows = list[dict[str, str]]


class Taker:
    """A member who exports."""

    def __init__(self, member: Membership, client: Client) -> None:
        self.member, self.client = member, client

    def ask(self, page: str, table: str, *, query: str = "", kind: str = "csv", **more: Any) -> Job:
        """Start the job by the page."""
        answer = self.client.post(
            f"/shop/export/{page}/?{query}",
            {"table": table, f"{table}-format": kind}
            | {f"{table}-{name}": value for name, value in more.items()},
        )
        assert answer.status_code == 303, answer.content
        job = Job.objects.latest("id")
        assert answer["Location"] == f"/shop/jobs/{job.pk}/"
        return job

    def run(self, job: Job) -> Job:
        run_job(job_id=job.pk)
        job.refresh_from_db()
        return job

    def fetch(self, job: Job) -> bytes:
        answer = self.client.get(f"/shop/jobs/{job.pk}/file/")
        assert answer.status_code == 200
        return answer.getvalue()

    def take(self, page: str, table: str, **more: Any) -> Rows:
        """The whole way; the rows by their headings."""
        return read_file(self.fetch(self.run(self.ask(page, table, **more))))


def read_file(data: bytes) -> Rows:
    """The rows of a file by the headings of its columns."""
    if data.startswith(b"PK"):
        head, *rows = Workbook(io.BytesIO(data)).rows()
        return [dict(zip(head, row + [""] * len(head), strict=False)) for row in rows]
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=";"))


@pytest.fixture
def taker(
    client_of: Callable[[Membership], Client], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Membership], Taker]:
    """Return somebody at the pages, in English; the jobs run when the test says."""
    nobody = SimpleNamespace(send_task=lambda *_args, **_kwargs: None)
    monkeypatch.setattr("crm.jobs.actions.current_app", nobody)

    def sit(member: Membership) -> Taker:
        User.objects.filter(pk=member.user_id).update(language="en")
        client = client_of(member)
        client.cookies["kram_language"] = "en"
        return Taker(member, client)

    return sit
