"""What the two logs are asked by: a person, a kind of object, one object, days."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.audit.selectors import Wanted
from crm.audit.texts import search_objects


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )


class LogFilterForm(forms.Form):
    """The fields that both logs have. A wrong one stands beside its field; the others count."""

    member = forms.TypedChoiceField(label=_("Who"), required=False, coerce=int, empty_value=None)
    object = forms.ChoiceField(label=_("What"), required=False)
    find = forms.CharField(
        label=_("Number or name"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    since = _day(_("From"))
    till = _day(_("Till"))

    def __init__(
        self, data: Any, *, members: list[tuple[str, str]], objects: list[tuple[str, Any]]
    ) -> None:
        super().__init__(data)
        self.fields["member"].choices = [("", _("Everybody")), *members]  # type: ignore[attr-defined]
        self.fields["object"].choices = [("", _("Everything")), *objects]  # type: ignore[attr-defined]

    def wanted(self, object_id: str = "", **more: Any) -> Wanted:
        """Return what is asked for. A query or a few for each kind, where something is typed."""
        data = self.cleaned_data
        kind, text, till = data.get("object") or "", data.get("find") or "", data.get("till")
        kinds = [kind] if kind else [key for key, _label in self.fields["object"].choices if key]  # type: ignore[attr-defined]
        objects = None
        if text:
            objects = [pair for key in kinds for pair in search_objects(text, key)]
        return Wanted(
            member_id=data.get("member"),
            object_type=kind,
            object_id=int(object_id) if object_id.isdecimal() and len(object_id) < 19 else None,
            objects=objects,
            since=_midnight(data.get("since")),
            till=_midnight(till + timedelta(days=1)) if till else None,
            **more,
        )


def _midnight(day: date | None) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time(), timezone.get_current_timezone())
