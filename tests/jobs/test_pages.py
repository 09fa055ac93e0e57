"""People see their work run, find it again, and read what failed."""

import pytest
from django.utils import timezone

from crm.jobs.actions import start_job
from crm.jobs.models import Job, JobRow, JobState
from tests.jobs.kinds import NAME


@pytest.fixture
def job(shop, manager):
    """A job of the manager that is at its third row of five; one failed."""
    job = start_job(kind=NAME, params={"count": 5}, member=manager, now=timezone.now())
    for position in range(3):
        JobRow.objects.create(
            job=job,
            position=position,
            label=f"Row {position}",
            ok=position != 1,
            message="no stock" if position == 1 else "",
        )
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, done=2, failed=1)
    return job


def test_progress_and_rows_are_shown(job, manager, client_of):
    page = client_of(manager).get(f"/shop/jobs/{job.pk}/")
    text = page.content.decode()
    assert page.status_code == 200
    assert 'value="3" max="5"' in text
    assert f'data-live="jobs:{job.pk}"' in text
    assert "no stock" in text
    failed = client_of(manager).get(f"/shop/jobs/{job.pk}/?rows=failed").content.decode()
    assert "Row 1" in failed
    assert "Row 0" not in failed


def test_a_job_that_is_over_asks_no_more(job, manager, client_of):
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE)
    text = client_of(manager).get(f"/shop/jobs/{job.pk}/").content.decode()
    assert "data-live" not in text.split('id="job"')[1].split(">")[0]


def test_members_see_their_own_work_and_who_keeps_the_settings_all(
    job, manager, analyst, admin, client_of
):
    for member, status in ((manager, 200), (admin, 200), (analyst, 404)):
        client = client_of(member)
        assert client.get(f"/shop/jobs/{job.pk}/").status_code == status
        listed = f"/shop/jobs/{job.pk}/" in client.get("/shop/jobs/").content.decode()
        assert listed == (status == 200)


def test_stopping_is_a_click(job, manager, analyst, client_of):
    assert client_of(analyst).post(f"/shop/jobs/{job.pk}/stop/").status_code == 404
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    client_of(manager).post(f"/shop/jobs/{job.pk}/stop/")
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_the_query_count_does_not_grow_with_the_rows(
    job, manager, client_of, django_assert_max_num_queries
):
    client = client_of(manager)
    url = f"/shop/jobs/{job.pk}/"
    client.get(url)
    JobRow.objects.bulk_create(
        JobRow(job=job, position=position, label="Row", ok=True) for position in range(10, 200)
    )
    with django_assert_max_num_queries(8):
        client.get(url)


@pytest.mark.parametrize("path", ["/shop/jobs/", "/shop/jobs/{}/"])
def test_the_sidebar_shows_where_one_is(job, manager, client_of, path):
    text = client_of(manager).get(path.format(job.pk)).content.decode()
    here = [tag for tag in text.split("<a ")[1:] if 'aria-current="page"' in tag.split(">")[0]]
    assert [tag.split('href="')[1].split('"')[0] for tag in here] == ["/shop/jobs/"]
