"""What people type about customers. Contacts are normalised by the actions, not here."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from customers.models import Customer


def language_choices() -> list[tuple[str, Any]]:
    return [("", _("As the company’s")), *settings.LANGUAGES]


class ProfileForm(forms.Form):
    """Who a customer is; remembers what its reader saw, so that a colleague's change in between
    is noticed."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    language = forms.ChoiceField(label=_("Language of letters"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = language_choices()  # type: ignore[attr-defined]
        self.fields["name"].widget.attrs |= {"autocomplete": "off"}

    @classmethod
    def of(cls, customer: Customer, data: Any = None) -> "ProfileForm":
        initial = {"name": customer.name, "language": customer.language}
        return cls(data, initial=initial)

    def seen(self) -> dict[str, str]:
        """Return what stood in the fields when the form was opened, as its hidden inputs say."""
        return {
            name: self.data[f"seen_{name}"] for name in self.fields if f"seen_{name}" in self.data
        }


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
