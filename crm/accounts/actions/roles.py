"""A company's own roles, and which rows they or one member are for."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation

from crm.accounts.actions._common import check_holds, check_not_above, lock_member
from crm.accounts.errors import NameNeeded, NameTaken, OwnersSeeAll, RoleInUse, UnknownRole
from crm.accounts.models import CompanyRole, Invitation, Membership
from crm.accounts.permissions import Role
from crm.accounts.roles import GRANTABLE
from crm.accounts.scopes import RowScope
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.shell.live import ask_anew
from crm.tenancy.context import current_tenant_id


@transaction.atomic
def create_role(
    *, name: str, permissions: Collection[str], scope: RowScope, actor: Actor, now: datetime
) -> CompanyRole:
    """Make a role. Its maker must hold every right in it."""
    rights = _read_rights(permissions)
    check_holds(rights, actor)
    try:
        with transaction.atomic():
            role = CompanyRole.objects.create(
                name=_read_name(name), permissions=rights, scope=scope.to_json(), created_at=now
            )
    except IntegrityError:
        raise NameTaken from None
    record(
        "role.created",
        role,
        actor=actor,
        now=now,
        details={"name": role.name, "permissions": rights, "scope": role.scope},
    )
    return role


@transaction.atomic
def edit_role(
    *,
    role_id: int,
    name: str,
    permissions: Collection[str],
    scope: RowScope,
    actor: Actor,
    now: datetime,
) -> CompanyRole:
    """Change a role, and at once what all who hold it may do.

    Its changer must hold every right that it has or gets: nobody takes from those above them.
    """
    role = _lock_role(role_id)
    rights = _read_rights(permissions)
    check_holds({*rights, *role.permissions}, actor)
    wanted: dict[str, Any] = {
        "name": _read_name(name),
        "permissions": rights,
        "scope": scope.to_json(),
    }
    changes = {
        field: [getattr(role, field), value]
        for field, value in wanted.items()
        if getattr(role, field) != value
    }
    if not changes:
        return role
    for field in changes:
        setattr(role, field, wanted[field])
    try:
        with transaction.atomic():
            role.save(update_fields=list(changes))
    except IntegrityError:
        raise NameTaken from None
    holders = Membership.objects.filter(own_role=role)
    holders.update(granted=rights, role_scope=role.scope)
    if changes.keys() & {"permissions", "scope"}:
        ask_anew(tenant_id=current_tenant_id(), member_ids=holders.values_list("pk", flat=True))
    record("role.edited", role, actor=actor, now=now, changes=changes)
    return role


@transaction.atomic
def delete_role(*, role_id: int, actor: Actor, now: datetime) -> None:
    """Delete a role that nobody holds, former members and open invitations included."""
    role = _lock_role(role_id)
    check_holds(role.permissions, actor)
    open_invitations = Invitation.objects.filter(
        own_role=role, accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
    )
    if Membership.objects.filter(own_role=role).exists() or open_invitations.exists():
        raise RoleInUse
    Invitation.objects.filter(own_role=role).update(own_role=None)
    record("role.deleted", role, actor=actor, now=now, details={"name": role.name})
    role.delete()


@transaction.atomic
def set_member_scope(
    *, member_id: int, scope: RowScope | None, actor: Actor, now: datetime
) -> Membership:
    """Give a member rows of their own instead of their role's; None: the role's again."""
    membership = lock_member(member_id)
    check_not_above(membership, actor)
    if membership.role == Role.OWNER:
        raise OwnersSeeAll
    kept = scope.to_json() if scope is not None else None
    if membership.own_scope == kept:
        return membership
    before, membership.own_scope = membership.own_scope, kept
    membership.save(update_fields=["own_scope"])
    ask_anew(tenant_id=current_tenant_id(), member_ids=[membership.pk])
    record(
        "member.scope_changed", membership, actor=actor, now=now, changes={"scope": [before, kept]}
    )
    return membership


def _lock_role(role_id: int) -> CompanyRole:
    role = CompanyRole.objects.select_for_update(no_key=True).filter(pk=role_id).first()
    if role is None:
        raise UnknownRole
    return role


def _read_rights(permissions: Collection[str]) -> list[str]:
    return sorted({str(permission) for permission in permissions} & GRANTABLE)


def _read_name(name: str) -> str:
    name = " ".join(name.split())[:60]
    if not name:
        raise NameNeeded
    if name.casefold() in _built_in_names():
        raise NameTaken
    return name


def _built_in_names() -> set[str]:
    """What the built-in roles are called, in every language that somebody here may read."""
    names = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            names |= {str(role.label).casefold() for role in Role}
    return names
