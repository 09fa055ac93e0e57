"""Forms of connections."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from orders.models import Channel, ChannelKind


class ConnectionForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=80,
        help_text=_("How you call this store, for your people."),
    )
    store_url = forms.URLField(
        label=_("Address of the store"),
        max_length=200,
        assume_scheme="https",
        # Not type="url": the browser would refuse what is completed here, shop.example.
        widget=forms.TextInput(attrs={"placeholder": "https://shop.example", "inputmode": "url"}),
    )
    channel = forms.ModelChoiceField(
        label=_("Sales channel"),
        # Set for each form: its rows need the company in scope.
        queryset=Channel.objects.none(),
        empty_label=None,
        help_text=_("Its orders come in under this channel."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = Channel.objects.filter(is_active=True).order_by("name")
        self.fields["channel"].queryset = channels  # type: ignore[attr-defined]
        if "channel" not in self.initial:
            self.initial["channel"] = channels.filter(kind=ChannelKind.STOREFRONT).first()
