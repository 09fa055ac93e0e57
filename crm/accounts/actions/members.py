"""Who works in the company, as what, and when."""

from datetime import datetime, time

from django.db import transaction

from crm.accounts.actions._common import link_company, unlink_company
from crm.accounts.errors import LastOwner, NotYourself, OwnersOnly, UnknownMember, UnknownRole
from crm.accounts.models import ALL_DAYS, Membership, User
from crm.accounts.permissions import Role
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.tenancy.context import current_tenant_id


@transaction.atomic
def add_member(*, user: User, role: str, actor: Actor, now: datetime) -> Membership:
    """Make a user a member, or an active one again. A member who is there keeps their role."""
    check_may_give(role, actor)
    known = Membership.objects.filter(user=user, is_active=True).first()
    if known is not None:
        return known
    membership = place_member(user=user, role=role)
    record("member.added", membership, actor=actor, now=now, details={"role": str(role)})
    return membership


def place_member(*, user: User, role: str, access_until: datetime | None = None) -> Membership:
    """Let the user in with the role; who was let in before has their old row again.

    Unrecorded: the caller knows why. An active member keeps their role and their end of access.
    """
    membership, created = Membership.objects.get_or_create(
        user=user,
        defaults={
            "role": role,
            "access_until": access_until,
            "display_name": user.full_name or user.email,
            "takes_orders": role == Role.MANAGER,
        },
    )
    if not created and not membership.is_active:
        membership.is_active = True
        membership.role = role
        membership.access_until = access_until
        membership.save(update_fields=["is_active", "role", "access_until"])
    link_company(user_id=user.pk, tenant_id=current_tenant_id())
    return membership


@transaction.atomic
def change_role(*, member_id: int, role: str, actor: Actor, now: datetime) -> Membership:
    """Give a member another role; the last owner keeps theirs."""
    check_may_give(role, actor)
    membership = _lock_member(member_id, actor)
    before = membership.role
    if before == role:
        return membership
    if before == Role.OWNER and membership.is_active:
        _check_another_owner(membership)
    membership.role = role
    if role == Role.OWNER:
        membership.access_until = None
    membership.save(update_fields=["role", "access_until"])
    record(
        "member.role_changed",
        membership,
        actor=actor,
        now=now,
        changes={"role": [str(before), str(role)]},
    )
    return membership


@transaction.atomic
def deactivate_member(*, member_id: int, actor: Actor, now: datetime) -> Membership:
    """Take a member's access away at once; what they did stays. Repeating it changes nothing."""
    membership = _lock_member(member_id, actor)
    if not membership.is_active:
        return membership
    if actor.member_id == membership.pk:
        raise NotYourself
    if membership.role == Role.OWNER:
        _check_another_owner(membership)
    membership.is_active = False
    membership.save(update_fields=["is_active"])
    unlink_company(user_id=membership.user_id, tenant_id=current_tenant_id())
    record("member.deactivated", membership, actor=actor, now=now)
    return membership


@transaction.atomic
def reactivate_member(*, member_id: int, actor: Actor, now: datetime) -> Membership:
    """Let a former member in again, in the role they had."""
    membership = _lock_member(member_id, actor)
    if membership.is_active:
        return membership
    membership.is_active = True
    if membership.access_until is not None and membership.access_until <= now:
        membership.access_until = None
    membership.save(update_fields=["is_active", "access_until"])
    link_company(user_id=membership.user_id, tenant_id=current_tenant_id())
    record("member.reactivated", membership, actor=actor, now=now)
    return membership


@transaction.atomic
def set_working_hours(
    *,
    member_id: int,
    takes_orders: bool,
    work_days: int,
    work_start: time,
    work_end: time,
    actor: Actor,
    now: datetime,
) -> Membership:
    """Say when a member works and whether new orders are given to them."""
    membership = _lock_member(member_id, actor, owners_alone=False)
    wanted = {
        "takes_orders": takes_orders,
        "work_days": work_days & ALL_DAYS,
        "work_start": work_start,
        "work_end": work_end,
    }
    changes = {
        name: [_json(getattr(membership, name)), _json(value)]
        for name, value in wanted.items()
        if getattr(membership, name) != value
    }
    if not changes:
        return membership
    for name in changes:
        setattr(membership, name, wanted[name])
    membership.save(update_fields=list(changes))
    record("member.hours_changed", membership, actor=actor, now=now, changes=changes)
    return membership


def check_may_give(role: str, actor: Actor) -> None:
    """Raise where there is no such role, or where only an owner may give it."""
    if role not in Role.values:
        raise UnknownRole
    if role == Role.OWNER:
        _check_owner(actor)


def _lock_member(member_id: int, actor: Actor, *, owners_alone: bool = True) -> Membership:
    """Lock the owners and then the member, always in this order and by id."""
    owners = list(
        Membership.objects.select_for_update(no_key=True)
        .filter(role=Role.OWNER, is_active=True)
        .order_by("id")
    )
    membership = next((owner for owner in owners if owner.pk == member_id), None)
    if membership is None:
        membership = Membership.objects.select_for_update(no_key=True).filter(pk=member_id).first()
    if membership is None:
        raise UnknownMember
    if owners_alone and membership.role == Role.OWNER:
        _check_owner(actor)
    return membership


def _check_owner(actor: Actor) -> None:
    if actor.member_id is None:
        return
    if not Membership.objects.filter(pk=actor.member_id, role=Role.OWNER, is_active=True).exists():
        raise OwnersOnly


def _check_another_owner(membership: Membership) -> None:
    others = Membership.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=membership.pk)
    if not others.exists():
        raise LastOwner


def _json(value: object) -> object:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return value if isinstance(value, (bool, int)) else str(value)
