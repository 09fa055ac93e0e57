"""Reads of jobs."""

from django.db.models import Exists, OuterRef, QuerySet

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission
from crm.jobs.models import Job, JobPart, JobRow

PAGE = 50
ROWS = 100


def visible_jobs(member: Membership) -> QuerySet[Job]:
    """Return the jobs that a member may see: their own, or all for who keeps the settings.

    A job names rows, so whoever is not shown them all sees their own jobs alone.
    """
    jobs = Job.objects.select_related("created_by")
    sees_all = member.can(Permission.SETTINGS_MANAGE) and member.row_scope.is_all
    return jobs if sees_all else jobs.filter(created_by=member)


def list_jobs(member: Membership, *, before: int | None = None) -> tuple[list[Job], int | None]:
    """Return a page of jobs, newest first, and where the next begins. One query."""
    jobs = visible_jobs(member)
    if before is not None:
        jobs = jobs.filter(id__lt=before)
    found = list(jobs.order_by("-id")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def list_made(kind: str, *, limit: int) -> list[Job]:
    """Return the last jobs of a kind that makes files, with `has_file`. One query.

    Of the whole company: for pages of those who may see that.
    """
    jobs = Job.objects.select_related("created_by").filter(kind=kind)
    parts = JobPart.objects.filter(job_id=OuterRef("pk"))
    return list(jobs.annotate(has_file=Exists(parts)).order_by("-id")[:limit])


def list_rows(
    job: Job, *, failed: bool = False, after: int | None = None
) -> tuple[list[JobRow], int | None]:
    """Return a page of what became of the rows, in their order. One query."""
    rows = JobRow.objects.filter(job=job)
    if failed:
        rows = rows.filter(ok=False)
    if after is not None:
        rows = rows.filter(position__gt=after)
    found = list(rows.order_by("position")[: ROWS + 1])
    return found[:ROWS], found[ROWS - 1].position if len(found) > ROWS else None
