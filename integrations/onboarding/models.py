"""What a company has decided about its first steps, and which rows are the example's."""

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


class Example(TenantModel):
    """One row of a company that filled itself with the example and has not taken it away."""

    filled_by = TenantForeignKey(Membership, models.PROTECT, related_name="+")
    filled_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant"], name="onboarding_example_one")]

    def __str__(self) -> str:
        return f"example of {self.tenant_id}"


class ExampleRow(TenantModel):
    """What the example made: a product, a variant, a customer or an order."""

    kind = models.CharField(max_length=10)
    object_id = models.BigIntegerField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "kind", "object_id"], name="onboarding_row_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
