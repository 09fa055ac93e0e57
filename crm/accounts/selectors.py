"""Reads of accounts."""

from datetime import datetime

from django.db.models import Case, IntegerField, Value, When

from crm.accounts.models import Invitation, Membership, User, UserSession
from crm.accounts.permissions import Role
from crm.tenancy.models import Tenant

LAST_COMPANY_COOKIE = "kram_company"


def list_companies(user: User) -> list[Tenant]:
    """Return the companies that the user works in, by name. One query."""
    return list(Tenant.objects.filter(pk__in=user.company_ids, active=True).order_by("name", "id"))


def list_members() -> list[Membership]:
    """Return the members of the company, active first, owners first. One query."""
    order = Case(
        *(When(role=role, then=Value(place)) for place, role in enumerate(Role.values)),
        output_field=IntegerField(),
    )
    return list(
        Membership.objects.select_related("user").order_by("-is_active", order, "display_name")
    )


def list_invitations(*, now: datetime) -> list[Invitation]:
    """Return the links that are out and still good, the newest first. One query."""
    return list(
        Invitation.objects.filter(
            accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now
        )
        .select_related("invited_by")
        .order_by("-created_at")
    )


def list_sessions(*, user_id: int, since: datetime) -> list[UserSession]:
    """Return where the person is signed in, the latest in use first. One query."""
    rows = UserSession.objects.filter(user_id=user_id, last_seen_at__gte=since)
    return list(rows.order_by("-last_seen_at", "-id"))
