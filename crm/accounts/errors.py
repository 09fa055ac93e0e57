"""What the actions of accounts refuse, by a stable code; pages put it in words."""


class AccountError(Exception):
    """A refusal. `field` names the field of the form that it belongs to."""

    code = "refused"
    field = ""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.code)


class EmailTaken(AccountError):
    code = "email_taken"
    field = "email"


class SlugTaken(AccountError):
    code = "slug_taken"
    field = "slug"


class SlugRefused(AccountError):
    """The address has a shape of its own, or is one of ours."""

    code = "slug_refused"
    field = "slug"


class AlreadyMember(AccountError):
    code = "already_member"
    field = "email"


class UnknownMember(AccountError):
    code = "unknown_member"


class UnknownRole(AccountError):
    code = "unknown_role"
    field = "role"


class LastOwner(AccountError):
    """A company is never left without an owner."""

    code = "last_owner"


class OwnersOnly(AccountError):
    """Only an owner makes or unmakes owners."""

    code = "owners_only"


class NotYourself(AccountError):
    """Nobody deactivates themselves by mistake."""

    code = "not_yourself"


class InvitationGone(AccountError):
    """The link was used, withdrawn, has expired, or never was."""

    code = "invitation_gone"


class InvitationForAnother(AccountError):
    """The link was sent to another e-mail than the one signed in."""

    code = "invitation_for_another"


class TwoStepAlreadyOn(AccountError):
    """The second step is set up already: turn it off to set it up anew."""

    code = "two_step_already_on"


class WrongCode(AccountError):
    """No authenticator shows this code now, and it is no recovery code that is left."""

    code = "wrong_code"
    field = "code"


class UsedCode(WrongCode):
    """The code is right and was taken before: somebody may have looked over a shoulder."""


class OwnerStays(AccountError):
    """An owner's access has no end."""

    code = "owner_stays"
    field = "access_until"


class AccessInPast(AccountError):
    """Access that is to end must end later than now."""

    code = "access_in_past"
    field = "access_until"


class CannotViewAs(AccountError):
    """An owner looks through the eyes of members who have access and are no owners."""

    code = "cannot_view_as"


class BeyondYours(AccountError):
    """Nobody gives, takes or changes rights that they do not hold."""

    code = "beyond_yours"


class NameNeeded(AccountError):
    code = "name_needed"
    field = "name"


class NameTaken(AccountError):
    code = "name_taken"
    field = "name"


class RoleInUse(AccountError):
    """Somebody holds the role, or is invited to it."""

    code = "role_in_use"


class OwnersSeeAll(AccountError):
    """An owner's rows are not limited."""

    code = "owners_see_all"


class UnknownTeam(AccountError):
    code = "unknown_team"


class TeamInUse(AccountError):
    """A sales channel gives its orders to the team."""

    code = "team_in_use"
