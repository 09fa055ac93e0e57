"""What is typed to guard an account or a company."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
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


def end_of_day(day: date | None) -> datetime | None:
    """Return the moment after a day's end, in the company's time."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=1), time(), timezone.get_current_timezone())


def last_day(moment: datetime | None) -> date | None:
    """Return the day whose end the moment is; the way back of `end_of_day`."""
    if moment is None:
        return None
    return (timezone.localtime(moment) - timedelta(microseconds=1)).date()


class AccessForm(forms.Form):
    """Until when a member has access."""

    access_until = day_field(_("Access until"), _("The last day; empty: without an end."))


class RulesForm(forms.Form):
    """What the company asks of its members."""

    two_step_required = forms.BooleanField(
        label=_("Members must use two-step sign-in"), required=False
    )
