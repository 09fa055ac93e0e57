"""Forms of imports: the file, how it is written, and the choices of orders."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from integrations.imports.models import Import
from orders.currencies import CURRENCIES
from orders.models import Channel

ENCODINGS = (
    ("utf-8", "UTF-8"),
    ("cp1251", "Windows-1251"),
    ("cp1252", "Windows-1252"),
    ("cp866", "DOS-866"),
    ("utf-16", "UTF-16"),
    ("utf-8-sig", "UTF-8 (BOM)"),
)
DELIMITERS = (
    (",", pgettext_lazy("sign between columns", "comma")),
    (";", pgettext_lazy("sign between columns", "semicolon")),
    ("\t", pgettext_lazy("sign between columns", "tab")),
    ("|", pgettext_lazy("sign between columns", "bar")),
)


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX, up to 100 MB and a million rows. Any encoding and delimiter."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )


class LayoutForm(forms.Form):
    """How the file is written, where it was taken wrongly."""

    encoding = forms.ChoiceField(label=_("Encoding"), choices=ENCODINGS)
    delimiter = forms.ChoiceField(label=_("Between columns"), choices=DELIMITERS)
    header = forms.IntegerField(
        label=_("Row with the names"),
        min_value=0,
        max_value=100,
        help_text=_("0: the file has no names of columns."),
    )

    def __init__(self, data: Any, run: Import) -> None:
        layout = run.layout
        super().__init__(
            data,
            initial={
                "encoding": layout.get("encoding"),
                "delimiter": layout.get("delimiter"),
                "header": layout["header"] + 1,
            },
        )
        if layout["format"] == "xlsx":
            del self.fields["encoding"], self.fields["delimiter"]

    def changes(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        values["header"] -= 1
        return values


class OptionsForm(forms.Form):
    """The choices beside the columns. Which of them a kind has is `fields_of` below."""

    channel = forms.ChoiceField(
        label=_("Sales channel"),
        help_text=_("An order is known again by its number within its channel."),
    )
    stage = forms.ChoiceField(
        label=_("Orders without a status are"),
        choices=(
            ("delivered", _("delivered: the past")),
            ("new", _("new: to be worked on")),
        ),
        help_text=_("Past orders move no stock, notify nobody and start no clocks."),
    )
    currency = forms.ChoiceField(label=_("Currency"), help_text=_("Where no column says it."))
    order = forms.ChoiceField(
        label=_("Dates are written as"),
        choices=(
            ("dmy", pgettext_lazy("order of a date", "day, month, year")),
            ("mdy", pgettext_lazy("order of a date", "month, day, year")),
        ),
    )
    mark = forms.ChoiceField(
        label=_("Fractions stand after"),
        choices=(
            (".", pgettext_lazy("decimal mark", "a point: 12.50")),
            (",", pgettext_lazy("decimal mark", "a comma: 12,50")),
        ),
    )
    returns = forms.CharField(
        label=_("Returns have numbers that begin with"),
        max_length=10,
        required=False,
        help_text=_("Orders with negative quantities are returns anyway."),
    )
    settled = forms.BooleanField(label=_("Past orders are paid"), required=False)
    create_goods = forms.BooleanField(
        label=_("Make products that are not in the catalogue"), required=False
    )
    services = forms.BooleanField(
        label=_("Codes without digits are services, not products (POST, fee)"), required=False
    )

    def __init__(self, data: Any, run: Import, company_currency: str) -> None:
        super().__init__(data, initial={"currency": company_currency, **run.options})
        for name in set(self.fields) - set(_FIELDS_OF[run.kind]):
            del self.fields[name]
        if "channel" in self.fields:
            channels = list(
                Channel.objects.filter(is_active=True).order_by("name").values_list("code", "name")
            )
            if not any(code == "import" for code, _name in channels):
                channels.insert(0, ("import", _("Import from a file")))
            self.fields["channel"].choices = channels  # type: ignore[attr-defined]
        if "currency" in self.fields:
            self.fields["currency"].choices = [(code, code) for code in CURRENCIES]  # type: ignore[attr-defined]

    def choices(self) -> list[forms.BoundField]:
        """The fields that are chosen from or typed."""
        return [one for one in self if not isinstance(one.field, forms.BooleanField)]

    def switches(self) -> list[forms.BoundField]:
        """The fields that are yes or no."""
        return [one for one in self if isinstance(one.field, forms.BooleanField)]


_FIELDS_OF = {
    "orders": (
        "channel", "stage", "currency", "order", "mark", "returns", "settled", "create_goods",
        "services",
    ),
    "customers": (),
    "products": ("currency", "mark"),
    "stock": ("mark",),
}  # fmt: skip
