"""Refusals of accounts in people's words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.accounts.errors import AccountError

TEXTS: dict[str, str | Promise] = {
    "email_taken": _("This e-mail already has an account. Sign in instead."),
    "slug_taken": _("This address is taken: choose another."),
    "slug_refused": _(
        "Use up to 40 lower-case Latin letters, digits and hyphens; some words are kept for us."
    ),
    "already_member": _("This person is already a member."),
    "unknown_member": _("There is no such member."),
    "unknown_role": _("Choose a role."),
    "last_owner": _("The company would be left without an owner: make somebody else one first."),
    "owners_only": _("Only an owner can do this."),
    "not_yourself": _("You can’t take away your own access."),
    "invitation_gone": _("This link does not work any more. Ask for a new one."),
    "invitation_for_another": _("This invitation is for another e-mail."),
    "two_step_already_on": _("Two-step sign-in is on already."),
    "wrong_code": _("This code does not fit. Codes change every half minute and work once."),
    "currency_fixed": _("There are orders already: sums are kept in this currency."),
    "owner_stays": _("An owner’s access has no end."),
    "access_in_past": _("Choose a day that is still to come."),
    "beyond_yours": _("You can’t give or take rights that you do not have yourself."),
    "name_needed": _("Give it a name."),
    "name_taken": _("There is one with this name already."),
    "role_in_use": _("Somebody holds this role: give them another one first."),
    "owners_see_all": _("An owner sees every order."),
    "unknown_team": _("There is no such team any more."),
    "team_in_use": _("A sales channel gives its orders to this team: change the channel first."),
    "cannot_view_as": _("You can look through the eyes of members who are not owners."),
}


def say_error(error: AccountError) -> str:
    """Return what to tell the person who was refused."""
    return str(TEXTS.get(error.code, error.code))
