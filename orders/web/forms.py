"""Forms of one order. They read what was typed; actions decide."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from customers.phones import normalise_phone
from orders.edits import custom_code
from orders.models import DeliveryMethod, OrderNote, PaymentMethod
from orders.wording import ERROR_TEXTS, FIELD_LABELS

_SPACES = dict.fromkeys(map(ord, " \u00a0\u202f'"))


class MoneyField(forms.DecimalField):
    """Money as people type it: "1 249,50" and "1249.5" are the same."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_digits", 12)
        options.setdefault("decimal_places", 2)
        options.setdefault("min_value", Decimal(0))
        options.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "class": "k-num-input"})
        )
        super().__init__(**options)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, str):
            value = value.translate(_SPACES).replace(",", ".")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return money_input(value) if isinstance(value, Decimal) else value


def money_input(value: Decimal | None) -> str:
    """An amount as it stands in a text field: the language's comma, no grouping."""
    if value is None:
        return ""
    return formats.number_format(value, 2, use_l10n=True, force_grouping=False)


class PhoneField(forms.CharField):
    """A phone in any spelling, checked; empty is allowed where not required."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 40)
        options.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})
        )
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        phone = normalise_phone(text)
        if phone is None:
            raise forms.ValidationError(ERROR_TEXTS["bad_phone"])
        return phone


def _date() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _time() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def _choices(enum: Any) -> list[tuple[str, Any]]:
    return [("", "—"), *enum.choices]


class DeliveryForm(forms.Form):
    """What is settled with the customer: where, when, to whom and how it is paid."""

    delivery_method = forms.ChoiceField(
        label=FIELD_LABELS["delivery_method"], choices=_choices(DeliveryMethod), required=False
    )
    delivery_city = forms.CharField(
        label=FIELD_LABELS["delivery_city"], max_length=120, required=False
    )
    delivery_branch = forms.CharField(
        label=FIELD_LABELS["delivery_branch"], max_length=200, required=False
    )
    delivery_street = forms.CharField(
        label=FIELD_LABELS["delivery_street"], max_length=300, required=False
    )
    recipient_name = forms.CharField(
        label=FIELD_LABELS["recipient_name"], max_length=200, required=False
    )
    recipient_phone = PhoneField(label=FIELD_LABELS["recipient_phone"], required=False)
    ship_date = forms.DateField(label=FIELD_LABELS["ship_date"], required=False, widget=_date())
    ship_from = forms.TimeField(label=FIELD_LABELS["ship_from"], required=False, widget=_time())
    ship_till = forms.TimeField(label=FIELD_LABELS["ship_till"], required=False, widget=_time())
    payment_method = forms.ChoiceField(
        label=FIELD_LABELS["payment_method"], choices=_choices(PaymentMethod), required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("ship_from"), data.get("ship_till")
        if start and end and end <= start:
            self.add_error("ship_till", ERROR_TEXTS["interval_reversed"])
        return data


class CommentsForm(forms.Form):
    customer_comment = forms.CharField(
        label=FIELD_LABELS["customer_comment"],
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    manager_comment = forms.CharField(
        label=FIELD_LABELS["manager_comment"],
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class OwnFieldsForm(forms.Form):
    """The fields that the company added to orders."""

    def __init__(self, *args: Any, own: Mapping[str, forms.Field], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields.update(own)

    @property
    def own(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if custom_code(name)]


class PaymentForm(forms.Form):
    kind = forms.ChoiceField(
        choices=[("payment", _("Payment")), ("refund", _("Refund"))], widget=forms.HiddenInput
    )
    amount = MoneyField(label=_("Amount"), min_value=Decimal("0.01"))
    method = forms.ChoiceField(label=_("How"), choices=PaymentMethod.choices)
    paid_on = forms.DateField(label=_("When"), widget=_date())
    comment = forms.CharField(label=_("Comment"), max_length=300, required=False)

    def paid_at(self, now: datetime) -> datetime:
        """The moment to record: now for today, noon of an earlier day."""
        day = self.cleaned_data["paid_on"]
        if day >= timezone.localdate(now):
            return now
        noon = datetime.combine(day, datetime.min.time()).replace(hour=12)
        return timezone.make_aware(noon)


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Note for colleagues"),
        max_length=OrderNote._meta.get_field("text").max_length,
        widget=forms.Textarea(attrs={"rows": 1, "placeholder": _("Write a note for colleagues…")}),
    )


class CancelForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why is it cancelled?"), widget=forms.RadioSelect)
    comment = forms.CharField(label=_("Comment"), max_length=300, required=False)

    def __init__(self, *args: Any, reasons: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].choices = reasons  # type: ignore[attr-defined]


class ParcelForm(forms.Form):
    """Weight in kilograms as scales show it, sizes in centimetres; nothing is required."""

    tracking_number = forms.CharField(label=_("Tracking number"), max_length=60, required=False)
    weight = MoneyField(
        label=_("Weight, kg"),
        min_value=Decimal("0.001"),
        max_value=Decimal(1000),
        max_digits=8,
        decimal_places=3,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    length_cm = forms.IntegerField(
        label=_("Length, cm"), min_value=1, max_value=999, required=False
    )
    width_cm = forms.IntegerField(label=_("Width, cm"), min_value=1, max_value=999, required=False)
    height_cm = forms.IntegerField(
        label=_("Height, cm"), min_value=1, max_value=999, required=False
    )

    @property
    def weight_g(self) -> int | None:
        weight = self.cleaned_data["weight"]
        return round(weight * 1000) if weight is not None else None


class ShipForm(forms.Form):
    tracking_number = forms.CharField(
        label=_("Tracking number"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ReasonForm(forms.Form):
    """A few words: why it comes back, what to answer."""

    reason = forms.CharField(label=_("Why?"), max_length=300)
