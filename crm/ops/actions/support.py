"""Support looks into a company: for an hour, for a reason, changing nothing, and its owners know.

It is a membership like others, with an end of its own: it stands among the members, its reads and
its end are in the company's log, and an owner can take it away at once.
"""

from datetime import datetime, timedelta

from django.db import transaction

from crm.accounts.actions._common import link_company, unlink_company
from crm.accounts.models import Membership, User
from crm.accounts.permissions import SUPPORT_ROLE
from crm.audit.record import record
from crm.ops.actions.companies import NoReason, by_staff, list_owners
from crm.ops.log import log_platform
from crm.shell.actions import notify
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant

LASTS = timedelta(minutes=60)


class AlreadyMember(ValueError):
    """They work in this company themselves."""

    code = "already_member"


@transaction.atomic
def open_support(*, reason: str, staff: User, now: datetime) -> Membership:
    """Let the person into the company in scope for an hour, to look."""
    if not reason.strip():
        raise NoReason
    until = now + LASTS
    tenant_id = current_tenant_id()
    name = staff.full_name or staff.email
    known = Membership.objects.select_for_update(of=("self",)).filter(user=staff).first()
    if known is not None and known.role != SUPPORT_ROLE and known.has_access(now):
        raise AlreadyMember
    member = known or Membership(user=staff, display_name=name[:120])
    member.role, member.own_role, member.granted = SUPPORT_ROLE, None, None
    member.role_scope = member.own_scope = None
    member.is_active, member.access_until, member.takes_orders = True, until, False
    member.save()
    link_company(user_id=staff.pk, tenant_id=tenant_id)
    company = Tenant.objects.get(pk=tenant_id)
    record(
        "company.support_opened",
        company,
        actor=by_staff(staff),
        now=now,
        reason=reason,
        details={"until": until.isoformat()},
    )
    log_platform("support.opened", staff=staff, company_id=tenant_id, reason=reason, now=now)
    notify(
        members=list_owners(),
        kind="company.support",
        params={"name": name, "reason": reason[:200]},
        url=f"/{company.slug}/settings/audit/",
        now=now,
    )
    return member


@transaction.atomic
def close_support(*, staff: User, now: datetime) -> None:
    """End it before its time. Repeating it changes nothing."""
    member = (
        Membership.objects.select_for_update(of=("self",))
        .filter(user=staff, role=SUPPORT_ROLE, is_active=True)
        .first()
    )
    if member is None:
        return
    member.is_active, member.access_until = False, now
    member.save(update_fields=["is_active", "access_until"])
    tenant_id = current_tenant_id()
    unlink_company(user_id=staff.pk, tenant_id=tenant_id)
    company = Tenant.objects.get(pk=tenant_id)
    record("company.support_closed", company, actor=by_staff(staff), now=now)
    log_platform("support.closed", staff=staff, company_id=tenant_id, now=now)
