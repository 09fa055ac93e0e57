"""What is asked when a table is exported."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.exports.jobs import FORMATS
from crm.exports.registry import Table


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )


class ExportForm(forms.Form):
    """The days, where the list has no filter of them, and the columns, where the list has its own.

    Each table's form has a prefix: several stand on one page.
    """

    format = forms.ChoiceField(choices=[(name, name) for name in FORMATS], required=False)
    columns = forms.ChoiceField(
        label=_("Columns"),
        choices=[("shown", _("Those of the list")), ("all", _("All columns"))],
        required=False,
    )
    since = _day(_("From"))
    till = _day(_("Till"))

    def __init__(self, table: Table, data: Any = None) -> None:
        super().__init__(data, prefix=table.name)
        if not table.by_days:
            del self.fields["since"], self.fields["till"]
        if table.shown is None:
            del self.fields["columns"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, till = data.get("since"), data.get("till")
        if since and till and since > till:
            self.add_error("till", _("The end is before the beginning."))
        return data

    @property
    def days(self) -> dict[str, str]:
        """The days as a job keeps them."""
        asked = {name: self.cleaned_data.get(name) for name in ("since", "till")}
        return {name: day.isoformat() for name, day in asked.items() if day}
