"""Forms of webhooks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.webhooks.actions.endpoints import CHOICES
from crm.webhooks.catalogue import TYPES
from crm.webhooks.models import DeliveryState, WebhookEndpoint


class EndpointForm(forms.Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://shop.example/hooks/kram"}),
        help_text=_("Each event is sent there by POST, signed with the webhook's secret."),
    )
    description = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=80,
        required=False,
        help_text=_("What it is, for your people."),
    )
    all_events = forms.BooleanField(
        label=_("Every event, also those that will be added later"), required=False
    )
    events = forms.MultipleChoiceField(
        label=_("Events"), required=False, choices=[(name, name) for name in sorted(CHOICES)]
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("all_events") and not data.get("events") and "events" not in self.errors:
            self.add_error("events", _("Choose at least one."))
        return data

    @staticmethod
    def initial_of(endpoint: WebhookEndpoint) -> dict[str, Any]:
        return {
            "url": endpoint.url,
            "description": endpoint.description,
            "all_events": endpoint.all_events,
            "events": endpoint.events,
        }


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M")


class SpanForm(forms.Form):
    """Which deliveries are sent again."""

    since = forms.DateTimeField(label=_("From"), widget=_moment())
    until = forms.DateTimeField(label=_("Till"), widget=_moment())
    states = forms.MultipleChoiceField(
        label=_("Deliveries that were"),
        required=False,
        choices=[
            (DeliveryState.FAILED, _("not taken")),
            (DeliveryState.DELIVERED, _("taken already")),
            (DeliveryState.SKIPPED, _("skipped")),
        ],
        widget=forms.CheckboxSelectMultiple,
    )
    missed = forms.BooleanField(
        label=_("and events of which nothing was written, because they were not chosen then"),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until <= since:
            self.add_error("until", _("The end must be after the beginning."))
        if not data.get("states") and not data.get("missed") and "states" not in self.errors:
            self.add_error("states", _("Choose at least one."))
        return data


class LogForm(forms.Form):
    """The filters of the log."""

    state = forms.ChoiceField(required=False, choices=[("", ""), *DeliveryState.choices])
    type = forms.ChoiceField(label=_("Event"), required=False, choices=[("", _("Every event"))])
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    till = forms.DateField(
        label=_("Till"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        names = [(name, name) for name in sorted(TYPES)]
        self.fields["type"].choices = [("", _("Every event")), *names]  # type: ignore[attr-defined]
