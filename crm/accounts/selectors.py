"""Reads of accounts."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Case, IntegerField, Q, Value, When

from crm.accounts.models import CompanyRole, Invitation, Membership, Team, User, UserSession
from crm.accounts.permissions import OWN_ROLE, ROLES, Permission, Role
from crm.accounts.roles import role_key
from crm.tenancy.models import Tenant

LAST_COMPANY_COOKIE = "kram_company"


def has_account(email: str) -> bool:
    """Tell whether somebody signs in with this e-mail. One query."""
    return User.objects.filter(email=email.strip().lower()).exists()


def list_companies(user: User) -> list[Tenant]:
    """Return the companies that the user works in, by name. One query."""
    shown = Q(active=True) | Q(suspended_at__isnull=False)
    return list(Tenant.objects.filter(shown, pk__in=user.company_ids).order_by("name", "id"))


def list_members() -> list[Membership]:
    """Return the members of the company, active first, owners first. One query."""
    order = Case(
        *(When(role=role, then=Value(place)) for place, role in enumerate(Role.values)),
        output_field=IntegerField(),
    )
    return list(
        Membership.objects.select_related("user", "own_role").order_by(
            "-is_active", order, "display_name"
        )
    )


def list_invitations(*, now: datetime) -> list[Invitation]:
    """Return the links that are out and still good, the newest first. One query."""
    return list(
        Invitation.objects.filter(
            accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
        )
        .select_related("invited_by", "own_role")
        .order_by("-created_at")
    )


def list_sessions(*, user_id: int, since: datetime) -> list[UserSession]:
    """Return where the person is signed in, the latest in use first. One query."""
    rows = UserSession.objects.filter(user_id=user_id, last_seen_at__gte=since)
    return list(rows.order_by("-last_seen_at", "-id"))


@dataclass(slots=True)
class RoleRow:
    """A role as the list of roles shows it; `own` for one that the company made."""

    key: str
    name: str
    permissions: list[str]
    own: CompanyRole | None = None
    holders: list[str] = field(default_factory=list)


def list_roles() -> list[RoleRow]:
    """Return the built-in roles, then the company's own by name, with who holds each.

    Former members are among the holders of an own role: it can't be deleted under them. Two
    queries.
    """
    rows = {
        str(role): RoleRow(str(role), str(role.label), _name_rights(ROLES[role])) for role in Role
    }
    for own in CompanyRole.objects.order_by("name"):
        key = role_key(OWN_ROLE, own.pk)
        rows[key] = RoleRow(key, own.name, _name_rights(own.permissions), own)
    held = Membership.objects.order_by("display_name").values_list(
        "role", "own_role_id", "display_name", "is_active"
    )
    for role, own_id, name, is_active in held:
        row = rows.get(role_key(role, own_id))
        if row is not None and (is_active or row.own is not None):
            row.holders.append(name)
    return list(rows.values())


def _name_rights(rights: Collection[str]) -> list[str]:
    return [str(permission.label) for permission in Permission if permission in rights]


def list_teams() -> list[Team]:
    """Return the teams by name with their people. Two queries."""
    return list(
        Team.objects.select_related("lead").prefetch_related("places__member").order_by("name")
    )
