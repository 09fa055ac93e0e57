"""An event that waits for its subscribers."""

from django.db import models

from crm.tenancy.models import TenantModel


class OutboxEvent(TenantModel):
    """Written in the transaction that caused it; deleted in the one that handles it."""

    topic = models.CharField(max_length=60)
    # Empty: for every subscriber of the topic. Named: a second try for that one alone.
    subscriber = models.CharField(max_length=120, blank=True, default="")
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    payload = models.JSONField(default=dict)
    # Of the request that caused it: the lines that its effects log carry it on.
    request_id = models.CharField(max_length=36, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True, default="")
    # Given up after the last pause; kept for a person to see and to send again.
    failed = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["tenant", "next_at", "id"],
                name="outbox_event_due",
                condition=models.Q(failed=False),
            ),
            # Holds second tries alone, so an event that goes well never touches it.
            models.Index(
                fields=["tenant", "id"],
                name="outbox_event_tried",
                condition=models.Q(attempts__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.object_type} {self.object_id}"
