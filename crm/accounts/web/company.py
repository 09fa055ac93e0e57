"""Settings: what the company tells of itself, and its logo."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from crm.accounts.access import ANY_MEMBER, requires
from crm.accounts.actions.profile import (
    PROFILE_FIELDS,
    TENANT_FIELDS,
    change_company,
    company_stamp,
    get_profile,
)
from crm.accounts.currency import currency_is_free
from crm.accounts.errors import AccountError
from crm.accounts.logo import BadPicture, draw_logo
from crm.accounts.papers import BadPaper, clean_iban, clean_phone, clean_tax_id
from crm.accounts.permissions import Permission
from crm.accounts.requests import CompanyRequest
from crm.accounts.web.forms import currency_choices, language_choices, zone_choices
from crm.accounts.wording import say_error
from crm.audit.changes import StaleSettings
from crm.shell.links import company_url
from crm.shell.responses import flash, redirect_for, render_page
from crm.shell.stale import say_stale
from crm.tenancy.context import current_tenant_id
from crm.tenancy.middleware import forget_tenants
from crm.tenancy.models import CompanyProfile, Tenant

_WRONG = {
    "tax_id": gettext_lazy(
        "This is no such code: 8 digits of a company or 10 of a person, the last one checks them."
    ),
    "iban": gettext_lazy("This is no account number: check its digits."),
    "phone": gettext_lazy("This is no phone number: check its digits."),
    "too_big": gettext_lazy("The picture is too big: at most 2 MB and 5000 pixels a side."),
    "not_a_picture": gettext_lazy("This is no picture: choose a PNG, JPEG, WebP or GIF."),
}


class CompanyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Company name"), max_length=120)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=language_choices,
        help_text=gettext_lazy("Of letters, and of members who chose none of their own."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Other languages"),
        choices=language_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("In which statuses have names too."),
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zone_choices)
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"), choices=currency_choices, required=False
    )
    legal_name = forms.CharField(label=gettext_lazy("Legal name"), max_length=200, required=False)
    tax_id = forms.CharField(label=gettext_lazy("EDRPOU or tax id"), max_length=14, required=False)
    iban = forms.CharField(label="IBAN", max_length=42, required=False)
    address = forms.CharField(label=gettext_lazy("Address"), max_length=300, required=False)
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=24,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        help_text=gettext_lazy("PNG, JPEG, WebP or GIF, at most 2 MB."),
    )
    drop_logo = forms.BooleanField(label=gettext_lazy("Remove the logo"), required=False)

    def __init__(self, *args: Any, free_currency: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not free_currency:
            del self.fields["currency"]
        own = self.data.get("language") or self.initial.get("language")
        others = [pair for pair in language_choices() if pair[0] != own]
        # What was ticked and has just become the company's own is no mistake.
        self.fields["languages"].choices = language_choices() if self.is_bound else others  # type: ignore[attr-defined]

    def _clean(self, name: str, clean: Any) -> str:
        try:
            return clean(self.cleaned_data[name])
        except BadPaper as error:
            raise forms.ValidationError(_WRONG[error.code]) from None

    def clean_tax_id(self) -> str:
        return self._clean("tax_id", clean_tax_id)

    def clean_iban(self) -> str:
        return self._clean("iban", clean_iban)

    def clean_phone(self) -> str:
        return self._clean("phone", clean_phone)

    def clean_logo(self) -> bytes | None:
        """The picture drawn anew; None where none was chosen."""
        upload = self.cleaned_data["logo"]
        if upload is None:
            return None
        try:
            return draw_logo(upload.read(2 * 1024 * 1024 + 1))
        except BadPicture as error:
            raise forms.ValidationError(_WRONG[error.code]) from None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["languages"] = sorted(set(data.get("languages", ())) - {data.get("language")})
        return data

    def values(self) -> dict[str, Any]:
        data = {
            name: self.cleaned_data[name]
            for name in (*TENANT_FIELDS, *PROFILE_FIELDS)
            if name in self.fields
        }
        if not data.get("currency"):
            data.pop("currency", None)
        return data


def _stored(tenant: Tenant, profile: CompanyProfile) -> dict[str, Any]:
    values = {name: getattr(tenant, name) for name in TENANT_FIELDS}
    return values | {name: getattr(profile, name) for name in PROFILE_FIELDS}


@requires(Permission.SETTINGS_MANAGE)
@require_http_methods(["GET", "POST"])
def company(request: CompanyRequest) -> HttpResponse:
    """The form of the company. Three queries, one more while it has the example."""
    # Not request.company: that may be a few seconds old.
    tenant = Tenant.objects.get(pk=current_tenant_id())
    profile = get_profile()
    free = currency_is_free()
    mark, code = company_stamp(tenant, profile), 200
    form = CompanyForm(
        request.POST or None,
        request.FILES or None,
        initial=_stored(tenant, profile),
        free_currency=free,
    )
    if request.method == "POST":
        mark, code = request.POST.get("stamp") or mark, 422
        if form.is_valid():
            try:
                change_company(
                    values=form.values(),
                    logo=form.cleaned_data["logo"],
                    drop_logo=form.cleaned_data["drop_logo"],
                    actor=request.actor,
                    now=timezone.now(),
                    expected=mark,
                )
            except AccountError as error:
                form.add_error(
                    error.field if error.field in form.fields else None, say_error(error)
                )
            except StaleSettings:
                say_stale(form, _stored(tenant, profile))
                mark, code = company_stamp(tenant, profile), 409
            else:
                transaction.on_commit(forget_tenants)
                flash(request, _("Saved."))
                return redirect_for(request, company_url("accounts:company"))
    context = {
        "form": form,
        "stamp": mark,
        "profile": profile,
        "tenant": tenant,
        "free": free,
        # Nothing else keeps the currency: its removal sets it free.
        "only_example": not free and tenant.has_example and currency_is_free(but_example=True),
    }
    return render_page(request, "accounts/company.html", context, status=code)


@requires(ANY_MEMBER)
@require_safe
def logo(_request: CompanyRequest) -> HttpResponse:
    """The company's logo; nothing where it has none."""
    picture = CompanyProfile.objects.values_list("logo", flat=True).first()
    if picture is None:
        return HttpResponse(status=204)
    response = HttpResponse(bytes(picture), content_type="image/png")
    # The address carries the picture's mark: another picture is another address.
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'"
    return response
