"""What is typed to guard an account or a company."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class CodeForm(forms.Form):
    """A code of an authenticator, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


class PasswordForm(forms.Form):
    """The password once more, before something that a borrowed browser must not do."""

    password = forms.CharField(
        label=_("Current password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


def day_field(label: Any, help_text: Any = "") -> forms.DateField:
    """A day that may be left out."""
    return forms.DateField(
        label=label,
        required=False,
        help_text=help_text,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )


class AccessForm(forms.Form):
    """Until when a member has access."""

    access_until = day_field(
        _("Access until"), _("The last day, inclusive; empty: as long as they are a member.")
    )


class RulesForm(forms.Form):
    """What the company asks of its members."""

    two_step_required = forms.BooleanField(
        label=_("Members must use two-step sign-in"), required=False
    )
