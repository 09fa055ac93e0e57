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
    # Not in the bell: the member wants it by mail alone.
    is_silent = models.BooleanField(default=False, db_default=False)
    # When it is due to be mailed; empty: not at all, or done.
    mail_at = models.DateTimeField(null=True)
    mail_attempts = models.SmallIntegerField(default=0, db_default=0)
    mailed_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["tenant", "mail_at"],
                condition=models.Q(mail_at__isnull=False),
                name="shell_note_mail",
            ),
            models.Index(fields=["tenant", "member", "-id"], name="shell_note_newest"),
            models.Index(
                fields=["tenant", "member"],
                condition=models.Q(read_at__isnull=True),
                name="shell_note_unread",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.member_id}"


class NoticeChoice(TenantModel):
    """Where a member wants to be told of one kind of thing. No row: in the bell, not by mail."""

    member = TenantForeignKey(Membership, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=60)
    bell = models.BooleanField(default=True)
    mail = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "member", "kind"], name="shell_notice_choice_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.member_id}"
