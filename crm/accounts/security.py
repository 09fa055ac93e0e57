"""What guards an account: the second step, the list of sessions, a company's rules, «view as».

Imported by models.py, where Django looks for it.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel
from crm.vault.fields import EncryptedJSONField


class TwoStep(models.Model):
    """A person's authenticator. Apart from User, which every request reads."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="two_step"
    )
    secret = EncryptedJSONField()
    # Until a code has proved that the authenticator works, nothing is asked for.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    # The step of the last code taken: none up to it is taken again.
    last_step = models.BigIntegerField(default=0)
    recovery_hashes = ArrayField(models.CharField(max_length=64), default=list)

    class Meta:
        db_table = "auth_two_step"

    def __str__(self) -> str:
        return f"second step of {self.user_id}"


class UserSession(models.Model):
    """A browser in which a person is signed in. The session itself is Django's."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    user_agent = models.CharField(max_length=300, blank=True, default="")
    address = models.GenericIPAddressField(null=True, blank=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        db_table = "auth_user_session"

    def __str__(self) -> str:
        return f"session {self.pk} of {self.user_id}"


class SecurityRules(TenantModel):
    """What a company asks of its members. No row: nothing beyond the product's own rules."""

    two_step_required = models.BooleanField(default=False)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant"], name="accounts_rules_one")]

    def __str__(self) -> str:
        return f"rules of {self.tenant_id}"


class ViewAs(TenantModel):
    """An owner looks through a member's eyes, from `began_at` until `ends_at` at the latest."""

    owner = TenantForeignKey("accounts.Membership", models.PROTECT, related_name="+")
    member = TenantForeignKey("accounts.Membership", models.PROTECT, related_name="+")
    began_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        indexes = [
            models.Index(
                fields=["tenant", "ends_at"],
                name="accounts_viewas_open",
                condition=models.Q(ended_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} as {self.member_id}"
