"""The form of a whole order, for a new one and for an edit."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.models import Channel
from orders.web.entry import EntryLine, read_discount
from orders.web.forms import CommentsForm, DeliveryForm, MoneyField, OwnFieldsForm, PhoneField
from orders.wording import ERROR_TEXTS, FIELD_LABELS


class ContentForm(CommentsForm, DeliveryForm, OwnFieldsForm):
    """What an order says besides its lines."""

    delivery_price = MoneyField(label=FIELD_LABELS["delivery_price"], required=False)
    discount = forms.CharField(
        label=_("Discount on the order"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "k-num-input"}),
    )

    lines: list[EntryLine]

    def __init__(self, *args: Any, lines: list[EntryLine], **options: Any) -> None:
        self.lines = lines
        super().__init__(*args, **options)

    @property
    def lines_total(self) -> Decimal:
        return sum((line.total for line in self.lines), Decimal(0))

    def clean_delivery_price(self) -> Decimal:
        return self.cleaned_data["delivery_price"] or Decimal(0)

    def clean_discount(self) -> Decimal:
        amount = read_discount(self.cleaned_data["discount"], self.lines_total)
        if amount is None or not 0 <= amount <= self.lines_total:
            raise forms.ValidationError(ERROR_TEXTS["discount_out_of_range"])
        return amount

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.lines:
            self.add_error(None, ERROR_TEXTS["no_lines"])
        if any(line.errors for line in self.lines):
            self.add_error(None, _("Some lines need another look."))
        return data


class NewOrderForm(ContentForm):
    """A new order: who, from where, what was paid already."""

    channel = forms.ChoiceField(label=_("Channel"))
    customer_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    customer_phone = PhoneField(label=_("Customer’s phone"), required=False)
    customer_name = forms.CharField(label=_("Name"), max_length=200, required=False)
    customer_email = forms.EmailField(
        label=_("E-mail"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    paid = MoneyField(label=_("Already paid"), required=False)
    tags = forms.CharField(label=_("Tags"), max_length=300, required=False)

    def __init__(self, *args: Any, channels: list[Channel], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["channel"].choices = [(row.code, row.name) for row in channels]  # type: ignore[attr-defined]
        self.fields["tags"].widget.attrs["autocomplete"] = "off"
        self.fields["customer_name"].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        given = ("customer_id", "customer_phone", "customer_email", "customer_name")
        typed = [name for name in given if data.get(name)]
        if not typed and "customer_phone" not in self.errors:
            self.add_error("customer_phone", _("Whose order is it? Give a phone or an e-mail."))
        if data.get("paid") and not data.get("payment_method"):
            self.add_error("payment_method", ERROR_TEXTS["unknown_payment_method"])
        return data
