"""A job, what it said of each row, and the file that it made."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel


class JobState(models.TextChoices):
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Stopped")


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


class Job(TenantModel):
    """Work done in the background, with a count that people can watch."""

    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    params = models.JSONField(default=dict)
    # The rows that were found when the job began; null where the kind names them by itself.
    keys = models.JSONField(null=True)
    # Where the next piece begins, for kinds that do their work by pieces.
    mark = models.JSONField(null=True)
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")
    # The job whose rows this one puts back.
    undoes = TenantForeignKey("self", models.PROTECT, related_name="undone_by", null=True)
    created_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # When it last got on: one that stands still is taken up again by the sweep.
    touched_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "-id"], name="jobs_job_newest"),
            models.Index(
                fields=["tenant", "touched_at"],
                name="jobs_job_open",
                condition=models.Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"

    @property
    def worked(self) -> int:
        """How many rows have their outcome; rows are done in their order."""
        return self.done + self.failed

    @property
    def percent(self) -> int:
        return 100 * self.worked // self.total if self.total else 0

    @property
    def is_over(self) -> bool:
        return self.state not in OPEN_STATES


class JobRow(TenantModel):
    """The outcome of one row of a job. Also the mark that the row is done: a job that was
    killed and starts again skips it."""

    job = TenantForeignKey(Job, models.CASCADE, related_name="rows", db_index=False)
    position = models.IntegerField()
    label = models.CharField(max_length=200)
    url = models.CharField(max_length=300, blank=True, default="")
    ok = models.BooleanField()
    message = models.CharField(max_length=500, blank=True, default="")
    # What the row was about, what it held before and what tells whether it is still as the job
    # left it; null where nothing was changed that could be put back.
    object_id = models.BigIntegerField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "job", "position"], name="jobs_row_position")
        ]

    def __str__(self) -> str:
        return self.label


class JobPart(TenantModel):
    """A piece of the file that a job makes, stored with the rows that it tells of."""

    job = TenantForeignKey(Job, models.CASCADE, related_name="parts", db_index=False)
    position = models.IntegerField()
    data = models.BinaryField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "job", "position"], name="jobs_part_position")
        ]

    def __str__(self) -> str:
        return f"part {self.position} of {self.job_id}"
