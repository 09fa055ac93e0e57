"""What a company has decided about its list of first steps."""

from django.db import models

from crm.accounts.models import Membership
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel


class FirstSteps(TenantModel):
    """One row of a company that put the list away; what is done is never stored."""

    dismissed_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    dismissed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant"], name="onboarding_one")]

    def __str__(self) -> str:
        return f"first steps of {self.tenant_id}"
