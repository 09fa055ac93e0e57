"""The form of a new API key."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.api.models import Scope
from crm.api.ports import list_channels


class KeyForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=80,
        help_text=_("What will use it, for your people."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    channel = forms.ChoiceField(
        label=_("Sales channel"),
        required=False,
        help_text=_("A key of one channel places and sees only that channel's orders."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = [(one.code, one.name) for one in list_channels() if one.is_active]
        self.fields["channel"].choices = [("", _("Any channel")), *channels]  # type: ignore[attr-defined]
