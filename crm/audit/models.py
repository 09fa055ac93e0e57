"""The audit: one append-only row for each thing that somebody did."""

from django.db import models

from crm.tenancy.models import TenantModel


class AuditEntry(TenantModel):
    """What happened to one object: the timeline of its page and the company's audit log.

    The application's login may insert and read these rows, not change or delete them.
    """

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    # {"field": [before, after]}
    changes = models.JSONField(default=dict)
    details = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True, default="")
    request_id = models.CharField(max_length=36, blank=True, default="")

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["tenant", "object_type", "object_id", "-id"], name="audit_entry_object"
            ),
            models.Index(fields=["tenant", "-at", "-id"], name="audit_entry_at"),
            models.Index(
                fields=["tenant", "actor_id", "-at", "-id"],
                name="audit_entry_member",
                condition=models.Q(actor_kind="member"),
            ),
            models.Index(fields=["tenant", "action", "-at", "-id"], name="audit_entry_action"),
            # Most entries are of orders, which the index by time finds as fast.
            models.Index(
                fields=["tenant", "object_type", "-at", "-id"],
                name="audit_entry_kind",
                condition=~models.Q(object_type="order"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"


class PersonalRead(TenantModel):
    """Somebody opened or took away the personal data of one customer: once an hour and way.

    The application's login may insert and read these rows, not change or delete them.
    """

    hour = models.DateTimeField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(default=0)
    actor_label = models.CharField(max_length=120)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    via = models.CharField(max_length=10)
    request_id = models.CharField(max_length=36, blank=True, default="")

    class Meta(TenantModel.Meta):
        constraints = [
            # Led by the object, so that it finds who read one as well.
            models.UniqueConstraint(
                fields=[
                    "tenant",
                    "object_type",
                    "object_id",
                    "hour",
                    "actor_kind",
                    "actor_id",
                    "via",
                ],
                name="audit_read_once",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "-at", "-id"], name="audit_read_at"),
            models.Index(
                fields=["tenant", "actor_kind", "actor_id", "-at", "-id"],
                name="audit_read_reader",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label} read {self.object_type} {self.object_id}"
