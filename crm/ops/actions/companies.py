"""Suspending a company and opening it again. Open its scope before the transaction."""

from datetime import datetime

from django.db import transaction

from crm.accounts.models import Membership, User
from crm.accounts.permissions import Role
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.ops.log import log_platform
from crm.shell.actions import notify
from crm.shell.live import ask_anew
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant


class NoReason(ValueError):
    """Whom it concerns must be told why."""

    code = "no_reason"


def by_staff(staff: User) -> Actor:
    """How a company's own log names who runs the service."""
    return Actor.system(f"{staff.full_name or staff.email} (Kram)")


@transaction.atomic
def suspend_company(*, reason: str, staff: User, now: datetime) -> Tenant:
    """Close the company in scope to its members and programs; work for it stands still.

    Nothing is deleted, and what outside systems send is kept. Repeating it changes nothing.
    """
    if not reason.strip():
        raise NoReason
    company = _lock()
    if company.suspended_at is not None:
        return company
    company.active, company.suspended_at = False, now
    company.suspended_reason = reason.strip()[:300]
    company.save(update_fields=["active", "suspended_at", "suspended_reason"])
    ask_anew(tenant_id=company.pk)
    record("company.suspended", company, actor=by_staff(staff), now=now, reason=reason)
    log_platform("company.suspended", staff=staff, company_id=company.pk, reason=reason, now=now)
    return company


@transaction.atomic
def reopen_company(*, staff: User, now: datetime) -> Tenant:
    """Open the company in scope again; what waited goes on by itself."""
    company = _lock()
    if company.suspended_at is None:
        return company
    company.active, company.suspended_at, company.suspended_reason = True, None, ""
    company.save(update_fields=["active", "suspended_at", "suspended_reason"])
    record("company.reopened", company, actor=by_staff(staff), now=now)
    log_platform("company.reopened", staff=staff, company_id=company.pk, now=now)
    notify(
        members=list_owners(), kind="company.reopened", params={}, url=f"/{company.slug}/", now=now
    )
    return company


def list_owners() -> list[Membership]:
    return list(Membership.objects.filter(role=Role.OWNER, is_active=True).order_by("id"))


def _lock() -> Tenant:
    # The service's own row of the company, which no order waits for.
    return Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
