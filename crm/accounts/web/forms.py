"""What people type about themselves and their company."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm.accounts.actions.companies import check_address
from crm.accounts.errors import AccountError
from crm.accounts.models import User
from crm.accounts.permissions import Role
from crm.accounts.web.security_forms import day_field
from crm.accounts.wording import say_error
from crm.currencies import CURRENCIES
from crm.shell.context import THEMES

_FREQUENT = ("UAH", "EUR", "USD", "PLN")
LANGUAGE_NAMES = {"uk": "Українська", "ru": "Русский", "en": "English"}
THEME_NAMES = {"auto": _("As the system"), "light": _("Light"), "dark": _("Dark")}
DAYS = (
    (0, _("Mon")),
    (1, _("Tue")),
    (2, _("Wed")),
    (3, _("Thu")),
    (4, _("Fri")),
    (5, _("Sat")),
    (6, _("Sun")),
)


def currency_choices() -> list[tuple[str, str]]:
    rest = sorted(CURRENCIES - set(_FREQUENT))
    return [(code, code) for code in (*_FREQUENT, *rest)]


def zone_choices() -> list[tuple[str, str]]:
    """Return the time zones of the world, those of Europe first."""
    zones = sorted(zone for zone in available_timezones() if "/" in zone and "Etc" not in zone)
    zones.sort(key=lambda zone: (zone != "Europe/Kyiv", not zone.startswith("Europe/")))
    return [(zone, zone.replace("_", " ")) for zone in zones]


def language_choices() -> list[tuple[str, str]]:
    return [(code, LANGUAGE_NAMES.get(code, code)) for code, _name in settings.LANGUAGES]


def _email(**attrs: Any) -> forms.EmailField:
    attrs = {"autocomplete": "username", "inputmode": "email", **attrs}
    return forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs=attrs))


def _password(label: Any, autocomplete: str, **kwargs: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, max_length=128, widget=widget, **kwargs)


class LoginForm(forms.Form):
    email = _email(autofocus=True)
    password = _password(_("Password"), "current-password")


class NewPasswordForm(forms.Form):
    """A new password, checked against what is known of the person."""

    password = _password(
        _("New password"), "new-password", help_text=_("At least 12 characters; not a usual one.")
    )

    def __init__(self, *args: Any, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def about(self, cleaned: dict[str, Any]) -> User | None:
        """Return the person that the password must not resemble."""
        return self.user

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        password = cleaned.get("password")
        if password:
            try:
                password_validation.validate_password(password, self.about(cleaned))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class ChangePasswordForm(NewPasswordForm):
    current = _password(_("Current password"), "current-password")
    field_order = ("current", "password")


class CompanyForm(forms.Form):
    """The company that somebody founds."""

    name = forms.CharField(label=_("Company name"), max_length=120)
    slug = forms.SlugField(
        label=_("Address"),
        max_length=40,
        help_text=_("Part of every address of your company; it stays."),
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=currency_choices, initial="UAH")
    language = forms.ChoiceField(label=_("Language"), choices=language_choices, initial="uk")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "organization"
        self.fields["slug"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def clean_slug(self) -> str:
        """Refuse an address that can't be had, beside whatever else is wrong with the form."""
        slug: str = self.cleaned_data["slug"]
        try:
            check_address(slug)
        except AccountError as error:
            raise ValidationError(say_error(error)) from None
        return slug


class SignUpForm(CompanyForm, NewPasswordForm):
    """A person and their company in one form."""

    full_name = forms.CharField(label=_("Your name"), max_length=120)
    email = _email()
    field_order = ("full_name", "email", "password", "name", "slug", "currency", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Password")
        self.fields["full_name"].widget.attrs |= {"autocomplete": "name", "autofocus": True}

    def about(self, cleaned: dict[str, Any]) -> User:
        return User(email=cleaned.get("email", ""), full_name=cleaned.get("full_name", ""))


class JoinForm(NewPasswordForm):
    """A person who was invited and has no account."""

    full_name = forms.CharField(label=_("Your name"), max_length=120)
    field_order = ("full_name", "password")

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email
        self.fields["password"].label = _("Password")
        self.fields["full_name"].widget.attrs |= {"autocomplete": "name", "autofocus": True}

    def about(self, cleaned: dict[str, Any]) -> User:
        return User(email=self.email, full_name=cleaned.get("full_name", ""))


class ResetForm(forms.Form):
    email = _email(autofocus=True)


class ProfileForm(forms.Form):
    full_name = forms.CharField(label=_("Name"), max_length=120)
    language = forms.ChoiceField(label=_("Language"), choices=language_choices)
    theme = forms.ChoiceField(
        label=_("Theme"), choices=lambda: [(theme, THEME_NAMES[theme]) for theme in THEMES]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["full_name"].widget.attrs["autocomplete"] = "name"


class InviteForm(forms.Form):
    email = _email(autocomplete="off")
    role = forms.ChoiceField(label=_("Role"), initial=Role.MANAGER)
    access_until = day_field(_("Access until"), _("The last day; empty: without an end."))

    def __init__(self, *args: Any, roles: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles  # type: ignore[attr-defined]


class HoursForm(forms.Form):
    """When a member works."""

    takes_orders = forms.BooleanField(label=_("Is given new orders"), required=False)
    days = forms.TypedMultipleChoiceField(
        label=_("Working days"),
        choices=DAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    work_start = forms.TimeField(label=_("From"), widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    work_end = forms.TimeField(label=_("Till"), widget=forms.TimeInput({"type": "time"}, "%H:%M"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("work_start"), cleaned.get("work_end")
        if start and end and end <= start:
            self.add_error("work_end", _("The day ends before it begins."))
        return cleaned

    @property
    def bits(self) -> int:
        return sum(1 << day for day in self.cleaned_data["days"])
