"""Forms of the orders' settings."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.accounts.models import Membership
from crm.shell.formats import HUES
from inventory.models import Warehouse
from orders.currencies import CURRENCIES
from orders.models import ChannelKind, OrderSettings, StockPolicy

HUE_NAMES = {
    "red": _("red"),
    "orange": _("orange"),
    "yellow": _("yellow"),
    "lime": _("lime"),
    "green": _("green"),
    "teal": _("teal"),
    "cyan": _("cyan"),
    "blue": _("blue"),
    "indigo": _("indigo"),
    "purple": _("purple"),
    "pink": _("pink"),
    "gray": _("grey"),
}
ICONS = (
    "circle", "sparkles", "phone", "phone-missed", "message-circle", "handshake", "clock",
    "hourglass", "credit-card", "banknote", "clipboard-list", "package", "package-check",
    "printer", "truck", "map-pin", "store", "circle-check", "star", "flag", "triangle-alert",
    "circle-x", "undo-2", "pause",
)  # fmt: skip
DAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))


class StatusForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    color = forms.ChoiceField(
        label=_("Colour"),
        choices=[(hue, HUE_NAMES[hue]) for hue in HUES],
        widget=forms.RadioSelect,
    )
    icon = forms.ChoiceField(
        label=_("Icon"), choices=[(name, name) for name in ICONS], widget=forms.RadioSelect
    )
    hours_limit = forms.IntegerField(
        label=_("Late after, hours"),
        min_value=1,
        max_value=9999,
        required=False,
        help_text=_("An order that stands here longer is shown as late."),
    )


class ChannelForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)
    code = forms.SlugField(
        label=_("Code"),
        max_length=40,
        help_text=_("Programs name the channel by it. It can’t be changed later."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=ChannelKind.choices)
    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, code) for code in sorted(CURRENCIES)]
    )
    stock_policy = forms.ChoiceField(label=_("When stock is short"), choices=StockPolicy.choices)
    warehouse_id = forms.TypedChoiceField(
        label=_("First warehouse"),
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("Goods are taken from here first."),
    )
    members = forms.TypedMultipleChoiceField(
        label=_("Who is given its orders"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nobody ticked: everybody who takes orders."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(
        self,
        *args: Any,
        warehouses: list[Warehouse],
        people: list[Membership],
        has_code: bool,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.fields["warehouse_id"].choices = [  # type: ignore[attr-defined]
            ("", _("By priority")),
            *((row.pk, row.name) for row in warehouses),
        ]
        self.fields["members"].choices = [(row.pk, row.display_name) for row in people]  # type: ignore[attr-defined]
        if has_code:
            del self.fields["code"]


class ReasonNameForm(forms.Form):
    name = forms.CharField(label=_("Reason"), max_length=80)


class HoursForm(forms.ModelForm):
    """The hours of the pipeline; days are ticked one by one."""

    days = forms.TypedMultipleChoiceField(
        label=_("Working days"),
        choices=[(1 << index, day) for index, day in enumerate(DAYS)],
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = OrderSettings
        fields = (
            "cut_off",
            "work_start",
            "work_end",
            "response_minutes",
            "alarm_minutes",
            "duplicate_minutes",
        )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("cut_off", "work_start", "work_end"):
            self.fields[name].widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        for name in ("response_minutes", "alarm_minutes", "duplicate_minutes"):
            field = self.fields[name]
            field.min_value = 1  # type: ignore[attr-defined]
            field.widget.attrs.update({"min": 1, "max": 10080})
        days = self.instance.work_days
        self.fields["days"].initial = [1 << n for n in range(7) if days & (1 << n)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("response_minutes", "alarm_minutes", "duplicate_minutes"):
            if data.get(name) is not None and not 0 < data[name] <= 10080:
                self.add_error(name, _("From 1 minute to a week (10080)."))
        start, end = data.get("work_start"), data.get("work_end")
        if start and end and end <= start:
            self.add_error("work_end", _("The day ends before it begins."))
        return data

    def _post_clean(self) -> None:
        """The action writes; the instance stays as it is in the database."""

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        data["work_days"] = sum(data.pop("days"))
        return data


class RateForm(forms.Form):
    currency = forms.ChoiceField(label=_("Currency"))
    rate = forms.DecimalField(
        label=_("Worth"),
        max_digits=18,
        decimal_places=8,
        min_value=Decimal("0.00000001"),
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    since = forms.DateField(
        label=_("From the day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, own: str, **options: Any) -> None:
        super().__init__(*args, **options)
        codes = sorted(CURRENCIES - {own})
        self.fields["currency"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]
