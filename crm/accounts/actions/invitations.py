"""Inviting somebody into the company by a link. The link is shown once and kept as a hash."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from crm.accounts.actions.companies import PersonInput, create_user
from crm.accounts.actions.guarding import check_access_until
from crm.accounts.actions.members import place_member, read_given
from crm.accounts.errors import AlreadyMember, EmailTaken, InvitationForAnother, InvitationGone
from crm.accounts.models import Invitation, Membership, User
from crm.accounts.permissions import Permission, Role
from crm.accounts.roles import ChosenRole
from crm.audit.actor import Actor
from crm.audit.record import record

LASTS = timedelta(days=7)


@transaction.atomic
def invite(
    *,
    email: str,
    role: str,
    access_until: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> tuple[Invitation, str]:
    """Invite an e-mail and return the invitation with its token. An earlier one is withdrawn."""
    chosen = read_given(role, actor)
    check_access_until(role=chosen.role, until=access_until, now=now)
    email = email.strip().lower()
    if Membership.objects.filter(user__email=email, is_active=True).exists():
        raise AlreadyMember
    Invitation.objects.filter(
        email=email, accepted_at__isnull=True, revoked_at__isnull=True
    ).update(revoked_at=now)
    token = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        email=email,
        role=chosen.role,
        own_role=chosen.own,
        token_hash=_hash(token),
        invited_by_id=actor.member_id,
        created_at=now,
        expires_at=now + LASTS,
        access_until=access_until,
    )
    record(
        "member.invited",
        invitation,
        actor=actor,
        now=now,
        details={"email": email, "role": chosen.label},
    )
    return invitation, token


@transaction.atomic
def revoke_invitation(*, invitation_id: int, actor: Actor, now: datetime) -> Invitation:
    """Withdraw a link that nobody has used. Repeating it changes nothing."""
    invitation = Invitation.objects.select_for_update(no_key=True).filter(pk=invitation_id).first()
    if invitation is None or invitation.accepted_at is not None:
        raise InvitationGone
    if invitation.revoked_at is None:
        invitation.revoked_at = now
        invitation.save(update_fields=["revoked_at"])
        record(
            "invitation.revoked",
            invitation,
            actor=actor,
            now=now,
            details={"email": invitation.email},
        )
    return invitation


def find_invitation(token: str, *, now: datetime) -> Invitation | None:
    """Return the invitation of a link that can still be used."""
    return (
        Invitation.objects.select_related("invited_by", "own_role")
        .filter(
            token_hash=_hash(token),
            accepted_at__isnull=True,
            revoked_at__isnull=True,
            expires_at__gt=now,
        )
        .first()
    )


def was_accepted_by(token: str, *, user: User) -> bool:
    """Tell whether this person came in by the link, which is worth nothing since."""
    return Invitation.objects.filter(
        token_hash=_hash(token), email=user.email, accepted_at__isnull=False
    ).exists()


@transaction.atomic
def accept_invitation(*, token: str, user: User, now: datetime) -> Membership:
    """Make the user of the invited e-mail a member. A link works once."""
    invitation = _lock(token, now)
    if user.email != invitation.email:
        raise InvitationForAnother
    return _accept(invitation, user, now)


@transaction.atomic
def accept_as_new_user(
    *, token: str, full_name: str, password: str, language: str, now: datetime
) -> Membership:
    """Make a user for the invited e-mail, and a member of them. EmailTaken where it has one."""
    invitation = _lock(token, now)
    if User.objects.filter(email=invitation.email).exists():
        raise EmailTaken
    person = PersonInput(invitation.email, password, full_name, language)
    return _accept(invitation, create_user(person=person), now)


def _lock(token: str, now: datetime) -> Invitation:
    invitation = (
        Invitation.objects.select_for_update(no_key=True).filter(token_hash=_hash(token)).first()
    )
    if (
        invitation is None
        or invitation.accepted_at is not None
        or invitation.revoked_at is not None
        or invitation.expires_at <= now
        or (invitation.access_until is not None and invitation.access_until <= now)
    ):
        raise InvitationGone
    return invitation


def _accept(invitation: Invitation, user: User, now: datetime) -> Membership:
    inviter = invitation.invited_by
    chosen = ChosenRole(invitation.role, invitation.own_role)
    if inviter is not None and not _may_still_invite(inviter, chosen):
        raise InvitationGone
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    membership = place_member(user=user, chosen=chosen, access_until=invitation.access_until)
    record(
        "member.joined",
        membership,
        actor=Actor.member(membership),
        now=now,
        details={"role": chosen.label, "invitation": str(invitation.pk)},
    )
    return membership


def _may_still_invite(inviter: Membership, chosen: ChosenRole) -> bool:
    """A link is worth no more than the person who made it is now."""
    if chosen.role == Role.OWNER and inviter.role != Role.OWNER:
        return False
    return inviter.can(Permission.MEMBERS_MANAGE) and all(
        inviter.can(right) for right in chosen.permissions
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
