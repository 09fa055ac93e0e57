"""What a member is told: kept as kind and parameters, worded in the reader's language."""

from django.db import models

from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel


class Notification(TenantModel):
    member = TenantForeignKey(Membership, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(fields=["tenant", "member", "-id"], name="shell_note_newest"),
            models.Index(
                fields=["tenant", "member"],
                condition=models.Q(read_at__isnull=True),
                name="shell_note_unread",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.member_id}"
