"""Forms of the orders' settings."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.accounts.models import Membership, Team
from crm.accounts.web.forms import LANGUAGE_NAMES
from crm.fields.models import FieldDefinition
from crm.fields.models import Kind as KindOfField
from crm.fields.selectors import definitions_by_code
from crm.shell.formats import HUES
from inventory.models import Warehouse
from orders.currencies import CURRENCIES
from orders.edits import CUSTOM, custom_code
from orders.guards import RULES
from orders.models import ChannelKind, OrderSettings, Skill, Status, StockPolicy

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
RULE_NAMES = {
    "has_recipient_name": _("the recipient’s name"),
    "has_recipient_phone": _("the recipient’s phone"),
    "has_delivery_method": _("the way of delivery"),
    "has_delivery_city": _("the city"),
    "has_delivery_branch": _("the branch or locker"),
    "has_delivery_street": _("the address"),
    "has_payment_method": _("the way of payment"),
    "has_ship_date": _("the day of shipment"),
    "has_ship_interval": _("the hours of shipment"),
    "has_manager": _("a manager"),
    "has_manager_comment": _("our comment"),
    "is_paid": _("full payment"),
    "is_answered": _("a talk with the customer"),
    "has_tracking_number": _("a tracking number"),
    "has_tags": _("a tag"),
}


def rule_names(codes: Iterable[str]) -> dict[str, str]:
    """What statuses ask for, in words. One query where it is one of the company's own fields."""
    names = {code: str(name) for code, name in RULE_NAMES.items()}
    if any(custom_code(code) for code in codes):
        own = definitions_by_code(KindOfField.ORDER)
        names |= {f"{CUSTOM}{code}": field.name for code, field in own.items()}
    return names


CHANNEL_ICONS = (
    "store", "globe", "shopping-cart", "message-circle", "phone", "send", "tag", "star", "package",
    "credit-card", "users", "building-2",
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
    required = forms.MultipleChoiceField(
        label=_("To come here an order must have"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        *args: Any,
        languages: Sequence[str],
        own: Sequence[FieldDefinition] = (),
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.fields["required"].choices = [  # type: ignore[attr-defined]
            *((code, RULE_NAMES[code]) for code in RULES),
            *((f"{CUSTOM}{field.code}", field.name) for field in own),
        ]
        self.languages = languages
        for code in self.languages:
            self.fields[f"name_{code}"] = forms.CharField(
                label=format_lazy(_("Name, {language}"), language=LANGUAGE_NAMES[code]),
                max_length=60,
                required=False,
            )

    @property
    def names(self) -> list[forms.BoundField]:
        """The fields of the name in the other languages."""
        return [self[f"name_{code}"] for code in self.languages]

    @staticmethod
    def of(row: Status) -> dict[str, Any]:
        """What a stored status puts into the form."""
        fields = ("name", "color", "icon", "hours_limit", "required")
        values = {name: getattr(row, name) for name in fields}
        return values | {f"name_{code}": name for code, name in row.names.items()}

    def values(self, names: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What to save; `names` are those kept already, of which this form shows some."""
        data = dict(self.cleaned_data)
        shown = {code: data.pop(f"name_{code}") for code in self.languages}
        data["names"] = {**(names or {}), **shown}
        return data


class ArchiveForm(forms.Form):
    """Where the orders of a status go that is archived."""

    heir = forms.TypedChoiceField(label=_("Its orders go to"), coerce=int)

    def __init__(self, *args: Any, heirs: list[Status], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["heir"].choices = [(row.pk, row.title) for row in heirs]  # type: ignore[attr-defined]


MINUTES = ("response_minutes", "alarm_minutes", "duplicate_minutes")


def _choice(label: Any, **options: Any) -> forms.TypedChoiceField:
    """A choice of one row by its id, or of none."""
    return forms.TypedChoiceField(
        label=label, required=False, coerce=int, empty_value=None, **options
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
    icon = forms.ChoiceField(
        label=_("Icon"), choices=[(name, name) for name in CHANNEL_ICONS], required=False
    )
    default_manager_id = _choice(
        _("First to whom"), help_text=_("Gets all its orders while at work; else the least loaded.")
    )
    team_id = _choice(_("Team"), help_text=_("The whole team is given its orders."))
    skill_id = _choice(_("Asks for the skill"), help_text=_("Only those who have it are given."))
    first_status_id = _choice(_("New orders come as"))
    number_prefix = forms.RegexField(
        r"^[^\s№#]*$",
        label=_("Before the number"),
        max_length=8,
        required=False,
        help_text=_("Of its orders, instead of the company’s own prefix."),
    )
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(
        self,
        *args: Any,
        warehouses: list[Warehouse],
        people: list[Membership],
        teams: list[Team],
        skills: list[Skill],
        statuses: list[Status],
        has_code: bool,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        for name, empty, rows in (
            ("default_manager_id", _("Nobody in particular"), people),
            ("team_id", _("No team"), teams),
            ("skill_id", _("None"), skills),
            ("first_status_id", _("The usual status"), statuses),
        ):
            choices = [("", empty), *((row.pk, str(row)) for row in rows)]
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.fields["warehouse_id"].choices = [  # type: ignore[attr-defined]
            ("", _("By priority")),
            *((row.pk, row.name) for row in warehouses),
        ]
        self.fields["members"].choices = [(row.pk, row.display_name) for row in people]  # type: ignore[attr-defined]
        if has_code:
            del self.fields["code"]


class ReasonNameForm(forms.Form):
    name = forms.CharField(label=_("Reason"), max_length=80)


class MinutesForm(forms.ModelForm):
    """How fast the company wants to answer."""

    class Meta:
        model = OrderSettings
        fields = MINUTES

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in MINUTES:
            field = self.fields[name]
            field.min_value = 1  # type: ignore[attr-defined]
            field.widget.attrs.update({"min": 1, "max": 10080})

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in MINUTES:
            if data.get(name) is not None and not 0 < data[name] <= 10080:
                self.add_error(name, _("From 1 minute to a week (10080)."))
        return data

    def _post_clean(self) -> None:
        """The action writes; the instance stays as it is in the database."""


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
