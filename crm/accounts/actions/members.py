"""Who works in the company, as what, and when."""

from datetime import datetime, time

from django.db import transaction

from crm.accounts.actions._common import (
    check_holds,
    check_not_above,
    check_owner,
    link_company,
    lock_member,
    unlink_company,
)
from crm.accounts.errors import LastOwner, NotYourself, UnknownRole
from crm.accounts.models import ALL_DAYS, Membership, User
from crm.accounts.permissions import Role
from crm.accounts.roles import ChosenRole, find_role
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.shell.live import ask_anew
from crm.tenancy.context import current_tenant_id


def place_member(
    *, user: User, chosen: ChosenRole, access_until: datetime | None = None
) -> Membership:
    """Let the user in with the role; who was let in before has their old row again.

    Unrecorded: the caller knows why. An active member keeps their role and their end of access.
    """
    membership, created = Membership.objects.get_or_create(
        user=user,
        defaults={
            **chosen.held(),
            "access_until": access_until,
            "display_name": user.full_name or user.email,
            "takes_orders": chosen.role == Role.MANAGER,
        },
    )
    if not created and not membership.is_active:
        membership.is_active = True
        held = _hold(membership, chosen)
        membership.access_until = access_until
        membership.save(update_fields=["is_active", "access_until", *held])
    link_company(user_id=user.pk, tenant_id=current_tenant_id())
    return membership


@transaction.atomic
def change_role(*, member_id: int, role: str, actor: Actor, now: datetime) -> Membership:
    """Give a member another role; the last owner keeps theirs."""
    chosen = read_given(role, actor)
    membership = _lock_changed(member_id, actor)
    before = ChosenRole(membership.role, membership.own_role)
    if before.key == chosen.key:
        return membership
    if before.role == Role.OWNER and membership.is_active:
        _check_another_owner(membership)
    fields = _hold(membership, chosen)
    if chosen.role == Role.OWNER:
        membership.access_until = None
        membership.own_scope = None
    membership.save(update_fields=[*fields, "access_until", "own_scope"])
    ask_anew(tenant_id=current_tenant_id(), member_ids=[membership.pk])
    record(
        "member.role_changed",
        membership,
        actor=actor,
        now=now,
        changes={"role": [before.label, chosen.label]},
    )
    return membership


@transaction.atomic
def deactivate_member(*, member_id: int, actor: Actor, now: datetime) -> Membership:
    """Take a member's access away at once; what they did stays. Repeating it changes nothing."""
    membership = _lock_changed(member_id, actor)
    if not membership.is_active:
        return membership
    if actor.member_id == membership.pk:
        raise NotYourself
    if membership.role == Role.OWNER:
        _check_another_owner(membership)
    membership.is_active = False
    membership.save(update_fields=["is_active"])
    unlink_company(user_id=membership.user_id, tenant_id=current_tenant_id())
    ask_anew(tenant_id=current_tenant_id(), member_ids=[membership.pk])
    record("member.deactivated", membership, actor=actor, now=now)
    return membership


@transaction.atomic
def reactivate_member(*, member_id: int, actor: Actor, now: datetime) -> Membership:
    """Let a former member in again, in the role they had."""
    membership = _lock_changed(member_id, actor)
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
    membership = _lock_changed(member_id, actor, owners_alone=False)
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


def read_given(role: str, actor: Actor) -> ChosenRole:
    """Return the role that is to be given; raise where there is none, or the giver may not.

    Owners alone make owners, and nobody gives a right that they lack.
    """
    chosen = find_role(role)
    if chosen is None:
        raise UnknownRole
    if chosen.role == Role.OWNER:
        check_owner(actor)
    check_holds(chosen.permissions, actor)
    return chosen


def _lock_changed(member_id: int, actor: Actor, *, owners_alone: bool = True) -> Membership:
    """Lock a member whom the actor may change: not an owner's, nor who may do more."""
    membership = lock_member(member_id)
    if owners_alone:
        check_not_above(membership, actor)
    return membership


def _check_another_owner(membership: Membership) -> None:
    others = Membership.objects.filter(role=Role.OWNER, is_active=True).exclude(pk=membership.pk)
    if not others.exists():
        raise LastOwner


def _hold(membership: Membership, chosen: ChosenRole) -> list[str]:
    """Put the role on the membership; return the fields to save."""
    held = chosen.held()
    for field, value in held.items():
        setattr(membership, field, value)
    return list(held)


def _json(value: object) -> object:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return value if isinstance(value, (bool, int)) else str(value)
