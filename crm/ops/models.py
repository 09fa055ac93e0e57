"""What the operator of the service keeps: who may look, what was done, what companies use."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from crm.tenancy.models import Tenant, TenantModel


class PlatformStaff(models.Model):
    """A person who runs the service. Granted on the command line alone: the application's login
    may read this table and not change it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    granted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "auth_platform_staff"

    def __str__(self) -> str:
        return f"platform staff {self.user_id}"


class PlatformEntry(models.Model):
    """Something done or looked at by who runs the service. Never changed, never removed."""

    at = models.DateTimeField(default=timezone.now)
    # Nobody: the command line.
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, db_index=False
    )
    action = models.CharField(max_length=60)
    company = models.ForeignKey(Tenant, models.PROTECT, related_name="+", null=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    details: Any = models.JSONField(default=dict)
    request_id = models.CharField(max_length=36, blank=True, default="")

    class Meta:
        db_table = "auth_platform_entry"
        indexes = [models.Index(fields=["action", "-at"], name="auth_platform_entry_last")]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"


class CompanyUsage(TenantModel):
    """What a company uses, as last measured."""

    measured_at = models.DateTimeField()
    rows = models.BigIntegerField()
    bytes = models.BigIntegerField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant"], name="ops_usage_one")]

    def __str__(self) -> str:
        return f"usage of {self.tenant_id}"
