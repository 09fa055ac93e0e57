"""The form of one field in the settings."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.fields.actions import MAX_OPTIONS
from crm.fields.models import FieldDefinition, FieldType


@dataclass(frozen=True, slots=True)
class OptionRow:
    """An option as its row shows it."""

    key: str
    label: str
    off: bool = False


class FieldForm(forms.Form):
    """A field; type and code stay for good, so an existing one does not ask for them.

    The rows of its options come as lists: `option_key`, `option_label`, `option_off` (keys).
    """

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=60)
    type = forms.ChoiceField(label=_("Type"), choices=FieldType.choices)
    help = forms.CharField(label=_("Hint under the field"), max_length=200, required=False)
    required = forms.BooleanField(label=_("Must be filled in forms"), required=False)
    labels = forms.CharField(
        label=_("Options, one a line"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    code = forms.CharField(
        label=_("Code for the API"),
        max_length=40,
        required=False,
        help_text=_("Left empty, it is made of the name. It stays for good."),
        widget=forms.TextInput(attrs={"class": "k-mono", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, row: FieldDefinition | None = None) -> None:
        initial = {"name": row.name, "help": row.help, "required": row.required} if row else None
        super().__init__(data, initial=initial)
        self.row = row
        if row is None:
            return
        del self.fields["type"], self.fields["code"]
        if row.is_list:
            self.fields["labels"].label = _("New options, one a line")
        else:
            del self.fields["labels"]

    @property
    def options(self) -> list[OptionRow]:
        """The rows as they were typed, else as they are."""
        if self.row is None:
            return []
        if isinstance(self.data, QueryDict):
            keys, labels, off = map(self.data.getlist, ("option_key", "option_label", "option_off"))
            pairs = zip(keys[:MAX_OPTIONS], labels, strict=False)
            return [OptionRow(key, label, key in off) for key, label in pairs]
        return [OptionRow(o["key"], o["label"], bool(o.get("off"))) for o in self.row.options]

    @property
    def added(self) -> list[str]:
        return self.cleaned_data.get("labels", "").splitlines()

    @property
    def wanted(self) -> list[dict[str, Any]]:
        """The options as the action takes them: the rows, then the new ones."""
        rows = [{"key": o.key, "label": o.label, "off": o.off} for o in self.options]
        return [*rows, *({"label": label} for label in self.added)]
