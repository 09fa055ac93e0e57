"""Putting the list of first steps away, and bringing it back."""

from datetime import datetime

from django.db import transaction

from crm.accounts.models import Membership
from crm.tenancy.models import Tenant
from integrations.onboarding.models import FirstSteps
from integrations.onboarding.selectors import forget_progress


@transaction.atomic
def dismiss_steps(*, company: Tenant, member: Membership, now: datetime) -> None:
    """Put the list away for everybody of the company. Repeating it changes nothing."""
    FirstSteps.objects.get_or_create(defaults={"dismissed_by": member, "dismissed_at": now})
    transaction.on_commit(lambda: forget_progress(company))


@transaction.atomic
def show_steps(*, company: Tenant) -> None:
    """Show the list again. Repeating it changes nothing."""
    FirstSteps.objects.all().delete()
    transaction.on_commit(lambda: forget_progress(company))
