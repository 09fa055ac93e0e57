"""What people type about customers. Contacts are normalised by the actions, not here."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from crm.fields.values import PREFIX, with_prefix
from customers.models import Customer


def language_choices() -> list[tuple[str, Any]]:
    return [("", _("As the company’s")), *settings.LANGUAGES]


class ProfileForm(forms.Form):
    """Who a customer is; remembers what its reader saw, so that a colleague's change in between
    is noticed."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    language = forms.ChoiceField(label=_("Language of letters"), required=False)

    def __init__(
        self, *args: Any, own: Mapping[str, forms.Field] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(own or {})
        self.fields["language"].choices = language_choices()  # type: ignore[attr-defined]
        self.fields["name"].widget.attrs |= {"autocomplete": "off"}

    @classmethod
    def of(
        cls, customer: Customer, data: Any = None, *, own: Mapping[str, forms.Field] | None = None
    ) -> "ProfileForm":
        initial = {"name": customer.name, "language": customer.language}
        return cls(data, own=own, initial={**initial, **with_prefix(customer.custom)})

    @property
    def own(self) -> list[forms.BoundField]:
        """The fields that the company added to customers."""
        return [self[name] for name in self.fields if name.startswith(PREFIX)]

    def seen(self) -> dict[str, Any]:
        """Return what stood in the fields when the form was opened, as its hidden inputs say."""
        seen: dict[str, Any] = {}
        for name in self.fields:
            text = self.data.get(f"seen_{name}")
            if text is None:
                continue
            try:
                seen[name] = json.loads(text) if name.startswith(PREFIX) else text
            except ValueError:
                continue
        return seen


class NewCustomerForm(ProfileForm):
    """A customer with their first contacts."""

    phone = forms.CharField(label=_("Phone"), max_length=60, required=False)
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    field_order = ("name", "phone", "email", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].widget = forms.TextInput(
            attrs={"type": "tel", "autocomplete": "off", "placeholder": "067 123 45 67"}
        )
        self.fields["email"].widget = forms.TextInput(
            attrs={"type": "email", "autocomplete": "off", "placeholder": "olena@example.com"}
        )
        self.fields["name"].widget.attrs["autofocus"] = True
