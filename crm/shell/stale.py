"""A form of settings that somebody else saved meanwhile: both are shown, nothing typed is lost."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _


def say_stale(form: forms.BaseForm, theirs: Mapping[str, Any]) -> None:
    """Put beside each field what a colleague has saved there, where the form says otherwise.

    Answer with 409 and the new stamp: sent again, the form puts its own over it.
    """
    form.add_error(
        None,
        _(
            "A colleague has just saved this page. What they put is shown beside your fields;"
            " save again to put yours over it."
        ),
    )
    for name, value in theirs.items():
        if name in form.fields and form.cleaned_data.get(name) != value:
            form.add_error(name, _("Saved by a colleague: %(value)s") % {"value": _show(value)})


def _show(value: Any) -> str:
    if value is None or value == "" or value == []:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple | set):
        return ", ".join(str(item) for item in value)
    return str(value)
