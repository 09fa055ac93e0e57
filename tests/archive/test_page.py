"""The owner prepares an archive in the browser; nobody else does, and nobody else reads it."""

import io

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.archive.jobs import KIND
from crm.accounts.models import Membership
from crm.audit.models import AuditEntry, PersonalRead
from crm.jobs.models import Job, JobPart, JobState
from crm.jobs.run import run_job
from crm.tenancy.context import tenant_scope
from tests.fixtures.cast import hire

ADDRESS = "/shop/settings/archive/"


@pytest.fixture
def sign_in(source):
    """A browser in which somebody of the source company works."""

    def make(role: str) -> Client:
        with tenant_scope(source.pk), transaction.atomic():
            if role == "owner":
                user = Membership.objects.select_related("user").get(display_name="Owner shop").user
            else:
                user = hire(source, role).user
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.mark.django_db(transaction=True)
def test_an_owner_prepares_an_archive_and_takes_it_away(source, heir, sign_in, tmp_path):
    client = sign_in("owner")
    answer = client.post(ADDRESS)
    with tenant_scope(source.pk):
        with transaction.atomic():
            job = Job.objects.get(kind=KIND)
        page = f"/shop/jobs/{job.pk}/"
        assert answer["Location"] == page
        # Pressed again while it is being made it leads there, and begins no other.
        assert client.post(ADDRESS)["Location"] == page
        assert f"{page}stop/" not in client.get(page).content.decode()
        client.post(f"{page}stop/")
        assert run_job(job_id=job.pk) is False
        with transaction.atomic():
            job.refresh_from_db()
            assert (job.state, job.done, job.failed) == (JobState.DONE, job.mark["rows"], 0)
            entry = AuditEntry.objects.get(action="company.archived")
            assert (entry.actor_label, entry.details) == ("Owner shop", {"rows": job.done})
            assert PersonalRead.objects.filter(via="export", actor_id=entry.actor_id).count() > 3
    page = client.get(ADDRESS).content.decode()
    assert f"/shop/jobs/{job.pk}/file/" in page
    answer = client.get(f"/shop/jobs/{job.pk}/file/")
    assert answer["Content-Type"] == "application/zip"
    assert f'filename="shop-{job.params["day"]}.zip"' in answer["Content-Disposition"]
    path = tmp_path / "taken.zip"
    path.write_bytes(b"".join(answer))
    assert path.stat().st_size == job.mark["bytes"]
    said = io.StringIO()
    call_command(
        "import_company", str(path), "--create", "moved", "--owner", heir.email, stdout=said
    )
    assert "Both sides are equal." in said.getvalue()

    other = sign_in("admin")  # who sees the job and is no owner
    assert other.get(f"/shop/jobs/{job.pk}/").status_code == 200
    assert other.get(f"/shop/jobs/{job.pk}/file/").status_code == 303
    with tenant_scope(source.pk), transaction.atomic():
        Membership.objects.filter(display_name="Owner shop").update(role="admin")
    assert client.get(f"/shop/jobs/{job.pk}/file/").status_code == 303  # no owner any more


def test_the_page_is_the_owners_and_costs_the_same_for_many(
    shop, owner, admin, client_of, django_assert_num_queries
):
    assert client_of(admin).get(ADDRESS).status_code == 403
    client = client_of(owner)
    kept = {"state": JobState.DONE, "mark": {"rows": 5, "bytes": 2048}, "done": 5}
    Job.objects.create(kind=KIND, created_by=owner, **kept)
    client.get(ADDRESS)
    with CaptureQueriesContext(connection) as once:
        client.get(ADDRESS)
    mine = Job.objects.create(kind=KIND, created_by=owner, **kept)
    theirs = Job.objects.create(kind=KIND, created_by=admin, **kept)
    for job in (mine, theirs):
        JobPart.objects.create(job=job, position=0, data=b"PK")
    with django_assert_num_queries(len(once)):
        page = client.get(ADDRESS).content.decode()
    assert page.count("<tr id=") == 3
    assert f"/shop/jobs/{mine.pk}/file/" in page
    assert f"/shop/jobs/{theirs.pk}/file/" not in page
