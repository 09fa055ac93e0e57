"""The file that a job makes: pieces stored in the transaction of the rows that they tell of, so
that a job which was killed neither loses a line of its file nor writes one twice."""

import tempfile
from collections.abc import Iterator
from typing import IO

from django.db import transaction
from django.utils import timezone

from crm.jobs.limits import FILE_FOR
from crm.jobs.models import Job, JobPart


def add_part(job: Job, data: bytes, *, position: int | None = None) -> None:
    """Append a piece to the file of a job whose batch is running, or put it at its place."""
    # Numbered by the rows done before it: the same place whoever does the batch.
    place = job.worked if position is None else position
    JobPart.objects.create(job_id=job.pk, position=place, data=data)


def has_file(job: Job) -> bool:
    """Tell whether something of the file is (still) there."""
    return JobPart.objects.filter(job=job).exists()


def read_file(job: Job) -> Iterator[bytes]:
    """Yield the pieces in their order, one query each: a big file is never held whole."""
    positions = list(
        JobPart.objects.filter(job=job).order_by("position").values_list("position", flat=True)
    )
    for position in positions:
        data = JobPart.objects.values_list("data", flat=True).get(job=job, position=position)
        yield bytes(data)


def copy_file(job: Job) -> IO[bytes]:
    """Return the file on disk, to be sent after the transaction has ended; without a name."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    file.writelines(read_file(job))
    file.seek(0)
    return file


@transaction.atomic
def drop_old_files() -> int:
    """Delete the files of jobs that ended longer ago than they are kept."""
    old = timezone.now() - FILE_FOR
    return JobPart.objects.filter(job__finished_at__lt=old).delete()[0]
