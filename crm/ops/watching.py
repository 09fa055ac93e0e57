"""Whether somebody reads or takes away more customers' data than work asks for: owners are told.

Asked of the log of reads by the clock, so no page pays for it.
"""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from crm.accounts.models import Membership
from crm.accounts.permissions import Role
from crm.audit.actor import ActorKind
from crm.audit.models import PersonalRead
from crm.shell.actions import notify
from crm.shell.links import company_url
from crm.tenancy.context import current_tenant_id, tenant_scope
from crm.tenancy.system import tenants_with_rows

SPAN = timedelta(hours=1)
# Customers and orders in an hour. Who answers customers all day opens a hundred.
MANY = 300


@transaction.atomic
def watch_reads(*, now: datetime) -> list[int]:
    """Tell the owners of the company in scope of each member who read many, once in a span.

    Returns the members. Programs are left out: their keys are for that, and have limits.
    """
    many = list(
        PersonalRead.objects.filter(at__gt=now - SPAN, at__lte=now, actor_kind=ActorKind.MEMBER)
        .values("actor_id", "actor_label")
        .annotate(count=Count("object_id"))
        .filter(count__gte=MANY)
        .order_by("actor_id")
    )
    told = []
    for reader in many:
        member_id = reader["actor_id"]
        seconds = int(SPAN.total_seconds())
        if not cache.add(f"reads-told:{current_tenant_id()}:{member_id}", 1, seconds):
            continue
        owners = Membership.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=member_id)
        notify(
            members=owners,
            kind="reads.many",
            params={"name": reader["actor_label"], "count": reader["count"]},
            url=f"{company_url('accounts:reads')}?member={member_id}",
            now=now,
        )
        told.append(member_id)
    return told


def watch_all() -> None:
    """Every company in which somebody read something lately."""
    condition = f"r.at > now() - interval '{int(SPAN.total_seconds())} seconds'"
    for tenant_id in tenants_with_rows(table="audit_personalread", condition=condition):
        with tenant_scope(tenant_id):
            watch_reads(now=timezone.now())
