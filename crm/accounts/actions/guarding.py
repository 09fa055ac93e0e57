"""What guards a company: until when members have access, and how they must sign in."""

from datetime import datetime

from django.db import transaction

from crm.accounts.actions._common import unlink_company
from crm.accounts.errors import AccessInPast, OwnerStays, UnknownMember
from crm.accounts.models import Membership, SecurityRules
from crm.accounts.permissions import Role
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id
from crm.tenancy.models import Tenant


@transaction.atomic
def set_access_until(
    *, member_id: int, until: datetime | None, actor: Actor, now: datetime
) -> Membership:
    """Say when a member's access ends, or that it does not. An owner's never does."""
    member = Membership.objects.select_for_update(no_key=True).filter(pk=member_id).first()
    if member is None:
        raise UnknownMember
    before = member.access_until
    if until == before:
        return member
    check_access_until(role=member.role, until=until, now=now)
    member.access_until = until
    member.save(update_fields=["access_until"])
    record(
        "member.access_changed",
        member,
        actor=actor,
        now=now,
        changes={"access_until": [_text(before), _text(until)]},
    )
    return member


def check_access_until(*, role: str, until: datetime | None, now: datetime) -> None:
    """Raise where this end can't be given to a member of the role."""
    if until is None:
        return
    if role == Role.OWNER:
        raise OwnerStays
    if until <= now:
        raise AccessInPast


@transaction.atomic
def end_overdue_access(*, now: datetime) -> int:
    """Make former members of those whose access has ended, and return how many it were.

    They were refused from the moment it ended; this takes the company from their switcher and
    them from the lists of who works here.
    """
    rows = Membership.objects.select_for_update(no_key=True, skip_locked=True)
    overdue = list(rows.filter(is_active=True, access_until__lte=now).order_by("id"))
    for member in overdue:
        member.is_active = False
        member.save(update_fields=["is_active"])
        unlink_company(user_id=member.user_id, tenant_id=current_tenant_id())
        record("member.access_ended", member, actor=Actor.system(), now=now)
    return len(overdue)


@transaction.atomic
def set_rules(*, two_step_required: bool, actor: Actor, now: datetime) -> SecurityRules:
    """Say what the company asks of its members."""
    SecurityRules.objects.get_or_create()
    rules = SecurityRules.objects.select_for_update(no_key=True).get()
    before = rules.two_step_required
    if before != two_step_required:
        rules.two_step_required = two_step_required
        rules.save(update_fields=["two_step_required"])
        record(
            "company.security_changed",
            Tenant.objects.get(pk=current_tenant_id()),
            actor=actor,
            now=now,
            changes={"two_step_required": [before, two_step_required]},
        )
    return rules


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
