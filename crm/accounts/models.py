"""A user is a person; a membership is what that person is in one company."""

from collections.abc import Collection
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from crm.accounts.permissions import (
    ROLES,
    SUPPORT_LABEL,
    SUPPORT_ROLE,
    WHOLE_COMPANY,
    Permission,
    Role,
)
from crm.accounts.scopes import EVERYTHING, Reach, RowScope, Sight, all_rows
from crm.accounts.security import SecurityRules as SecurityRules
from crm.accounts.security import TwoStep as TwoStep
from crm.accounts.security import UserSession as UserSession
from crm.accounts.security import ViewAs as ViewAs
from crm.tenancy.fields import TenantForeignKey
from crm.tenancy.models import TenantModel

ALL_DAYS = 0b1111111
WEEKDAYS = 0b0011111


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in by e-mail. Global: what they may do is decided by memberships."""

    email = models.EmailField(_("e-mail"), unique=True)
    full_name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=5, blank=True, default="")
    theme = models.CharField(_("theme"), max_length=5, blank=True, default="")
    is_active = models.BooleanField(default=True)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    # Since when a code is asked for after the password (security.TwoStep); empty: it is not.
    two_step_at = models.DateTimeField(null=True, blank=True)
    # Part of what every session is checked against: the next number ends them all.
    session_epoch = models.IntegerField(default=0, db_default=0)
    # Companies to offer in the switcher, newest last. A hint only: the wall is the membership
    # row, which is read inside that company's scope.
    company_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]
    objects = UserManager()

    class Meta:
        db_table = "auth_user"

    def __str__(self) -> str:
        return self.full_name or self.email

    def get_session_auth_hash(self) -> str:
        """A session is worth something as long as the password and the epoch are the same."""
        return self._get_session_auth_hash()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        salt = "crm.accounts.models.User.get_session_auth_hash"
        value = f"{self.password}:{self.session_epoch}"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()


class CompanyRole(TenantModel):
    """A role that a company made for itself: a name, permissions and which rows they are for.

    Members who hold it carry a copy of both, so that a right costs no join: change it by
    actions.roles alone.
    """

    name = models.CharField(_("name"), max_length=60)
    permissions = ArrayField(models.CharField(max_length=40), default=list)
    scope = models.JSONField(default=all_rows)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="accounts_role_name")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def row_scope(self) -> RowScope:
        return RowScope.from_json(self.scope)


class Membership(TenantModel):
    """A user with a role in a company, and when they work."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    # One of Role, or OWN_ROLE where the company's own role says what they may.
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    own_role = TenantForeignKey(
        CompanyRole, models.PROTECT, related_name="+", null=True, blank=True
    )
    # Copies of the own role's permissions and rows; empty with a built-in role.
    granted = ArrayField(models.CharField(max_length=40), null=True, blank=True)
    role_scope = models.JSONField(null=True, blank=True)
    # Rows for this member alone, instead of the role's.
    own_scope = models.JSONField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    # From then on the member is as if not there; never set for an owner.
    access_until = models.DateTimeField(null=True, blank=True)
    display_name = models.CharField(_("name"), max_length=120)
    takes_orders = models.BooleanField(_("is given new orders"), default=False)
    work_days = models.SmallIntegerField(default=WEEKDAYS)  # bit 0 is Monday
    work_start = models.TimeField(default="09:00")
    work_end = models.TimeField(default="18:00")
    # Names of the hints that they have closed, and whether they want none (crm/shell/hints.py).
    hints_closed = ArrayField(
        models.CharField(max_length=20), default=list, db_default=[], blank=True
    )
    hints_off = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="accounts_membership_user"),
            models.CheckConstraint(
                condition=~models.Q(role=Role.OWNER) | models.Q(access_until=None),
                name="accounts_membership_owner_stays",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "role"], name="accounts_membership_role")]

    def __str__(self) -> str:
        return self.display_name

    def has_access(self, now: datetime) -> bool:
        """Tell whether the member may enter the company at all."""
        return self.is_active and (self.access_until is None or now < self.access_until)

    def can(self, permission: Permission | str) -> bool:
        if not self.is_active or permission not in self.permissions:
            return False
        return permission not in WHOLE_COMPANY or self.row_scope.is_all

    @property
    def permissions(self) -> Collection[str]:
        """What the role grants, whether or not the member is active."""
        return ROLES.get(self.role, frozenset()) if self.granted is None else self.granted

    @property
    def role_name(self) -> str:
        """What the role is called. A query where an own role was not read along."""
        if self.own_role_id is not None:
            return self.own_role.name  # type: ignore[union-attr]
        if self.role == SUPPORT_ROLE:
            return str(SUPPORT_LABEL)
        return str(Role(self.role).label) if self.role in Role.values else self.role

    def get_role_display(self) -> str:  # type: ignore[no-redef]
        return self.role_name

    @cached_property
    def row_scope(self) -> RowScope:
        """Which rows the member is shown: their own scope, else the role's, else all."""
        kept = self.own_scope or self.role_scope
        if not kept or self.role == Role.OWNER:
            return EVERYTHING
        return RowScope.from_json(kept)

    @cached_property
    def team_mates(self) -> list[int]:
        """Ids of those in the teams that this member is in or leads, and their own. One query."""
        mine = models.Q(team__lead_id=self.pk) | models.Q(
            team_id__in=TeamMember.objects.filter(member_id=self.pk).values("team_id")
        )
        ids = TeamMember.objects.filter(mine).values_list("member_id", flat=True)
        return sorted({*ids, self.pk})

    @cached_property
    def people(self) -> list[int]:
        """Ids of those whose orders the member's scope shows as theirs. At most one query."""
        return self.team_mates if self.row_scope.reach == Reach.TEAM else [self.pk]

    @property
    def sight(self) -> Sight | None:
        """What decides about orders without the database; None where nothing is hidden."""
        if self.row_scope.is_all:
            return None
        return Sight(self.row_scope, frozenset(self.people), self.can(Permission.PICKING_WORK))


class Team(TenantModel):
    """Members who see each other's orders where their scope is the team's."""

    name = models.CharField(_("name"), max_length=60)
    lead = TenantForeignKey(Membership, models.PROTECT, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="accounts_team_name")
        ]

    def __str__(self) -> str:
        return self.name


class TeamMember(TenantModel):
    """A member's place in a team."""

    team = TenantForeignKey(Team, models.CASCADE, related_name="places", db_index=False)
    member = TenantForeignKey(Membership, models.PROTECT, related_name="+")

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "team", "member"], name="accounts_team_member_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.team_id}"


class Invitation(TenantModel):
    """A link by which somebody becomes a member. The token is kept only as a hash."""

    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    own_role = TenantForeignKey(
        CompanyRole, models.PROTECT, related_name="+", null=True, blank=True
    )
    token_hash = models.CharField(max_length=64)
    invited_by = TenantForeignKey(Membership, models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    # Until when who comes by it has access; empty: for good.
    access_until = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "token_hash"], name="accounts_invitation_token"
            )
        ]

    def __str__(self) -> str:
        return self.email

    def get_role_display(self) -> str:  # type: ignore[no-redef]
        if self.own_role_id is not None:
            return self.own_role.name  # type: ignore[union-attr]
        return str(Role(self.role).label) if self.role in Role.values else self.role
