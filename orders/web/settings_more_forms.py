"""Forms of the calendar, skills, tags and numbers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.shell.formats import HUES
from orders.actions.configure_calendar import DayHours
from orders.web.settings_forms import DAYS, HUE_NAMES


class WeekForm(forms.Form):
    """Seven days, each with its hours and its cut-off."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for place, name in enumerate(DAYS):
            self.fields[f"works_{place}"] = forms.BooleanField(label=name, required=False)
            for part, label in (
                ("start", _("From")),
                ("end", _("Till")),
                ("cut_off", _("Picking begins at")),
            ):
                self.fields[f"{part}_{place}"] = forms.TimeField(
                    label=label, widget=forms.TimeInput({"type": "time"}, "%H:%M")
                )

    @staticmethod
    def of(days: list[DayHours]) -> dict[str, Any]:
        """What the stored week puts into the form."""
        return {
            f"{part}_{place}": value
            for place, day in enumerate(days)
            for part, value in day._asdict().items()
        }

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The fields day by day, for the page."""
        parts = ("works", "start", "end", "cut_off")
        return [
            {"name": name, **{part: self[f"{part}_{place}"] for part in parts}}
            for place, name in enumerate(DAYS)
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for place in range(7):
            start, end = data.get(f"start_{place}"), data.get(f"end_{place}")
            if data.get(f"works_{place}") and start and end and end <= start:
                self.add_error(f"end_{place}", _("The day ends before it begins."))
        return data

    def days(self) -> list[DayHours]:
        data = self.cleaned_data
        return [
            DayHours(**{part: data[f"{part}_{place}"] for part in DayHours._fields})
            for place in range(7)
        ]


class HolidayForm(forms.Form):
    day = forms.DateField(
        label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)


class YearForm(forms.Form):
    year = forms.IntegerField(min_value=2000, max_value=2099)


class SkillForm(forms.Form):
    name = forms.CharField(label=_("Skill"), max_length=40)


class TagForm(forms.Form):
    """One tag: its colour, its name, and whether two may become one."""

    color = forms.ChoiceField(
        label=_("Colour"), choices=[(hue, HUE_NAMES[hue]) for hue in HUES], widget=forms.RadioSelect
    )
    to = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=40)
    merge = forms.BooleanField(required=False)


class NumbersForm(forms.Form):
    number_prefix = forms.RegexField(
        r"^[^\s№#]*$",
        label=_("Before the number"),
        max_length=8,
        required=False,
        help_text=_("Letters, digits, a hyphen. Orders that have a number keep it as it is."),
    )
    next_one = forms.IntegerField(
        label=_("The next number"),
        min_value=1,
        max_value=10**12,
        help_text=_("It can only grow; after it there are no gaps."),
    )
