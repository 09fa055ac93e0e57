"""The company's choices about its letters."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from messaging.models import NoticeSettings


class NoticeForm(forms.ModelForm):
    class Meta:
        model = NoticeSettings
        fields = (
            "tell_agreed",
            "tell_shipped",
            "remind_payment",
            "remind_after_hours",
            "reply_to",
            "payment_details",
            "signature",
        )
        labels = {
            "tell_agreed": _("When an order is agreed: what, how much, when and where to"),
            "tell_shipped": _("When the parcel is sent: the tracking number and what is to pay"),
            "remind_payment": _("A reminder while an agreed order is not paid"),
        }
        help_texts = {
            "remind_after_hours": _("Counted from the moment the order is agreed. 0: at once."),
            "reply_to": _("The company’s mailbox. Empty: customers can’t answer."),
            "payment_details": _(
                "The account, card or link. Stands in every letter that asks for money."
            ),
            "signature": _("Stands at the end. Empty: the company’s name."),
        }
        widgets = {"payment_details": forms.Textarea(attrs={"rows": 3})}

    def changes(self) -> dict[str, Any]:
        """Return the fields that the reader changed, for the action."""
        return {name: self.cleaned_data[name] for name in self.changed_data}
