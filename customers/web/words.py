"""Errors and history of customers in the reader's words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.audit.models import AuditEntry
from crm.fields.values import CHANGE
from crm.fields.values import ERROR_TEXTS as CUSTOM_ERRORS
from crm.shell.formats import NONE, phone_text
from customers import events
from customers.errors import CustomerError
from customers.models import CustomerNote

_ERRORS: dict[str, Promise] = {
    **CUSTOM_ERRORS,
    "bad_phone": gettext_lazy("This is no phone number. Check the digits, e.g. 067 123 45 67."),
    "bad_email": gettext_lazy("This is no e-mail address, e.g. olena@example.com."),
    "name_too_long": gettext_lazy("A name has at most 200 characters."),
    "bad_language": gettext_lazy("Choose a language from the list."),
    "too_long": gettext_lazy("At most %(limit)s characters."),
    "too_many_contacts": gettext_lazy("A customer has at most %(limit)s contacts."),
    "too_many_tags": gettext_lazy("A customer has at most %(limit)s tags."),
    "last_contact": gettext_lazy(
        "The customer has no name: give them one before you remove their only contact."
    ),
    "stale": gettext_lazy("A colleague has changed this meanwhile. Compare and save again."),
    "not_found": gettext_lazy("There is no such customer any more."),
    "contact_not_found": gettext_lazy("The contact has been removed meanwhile."),
    "note_not_found": gettext_lazy("The note can’t be found any more."),
}
_EMPTY: dict[str, Promise] = {
    "name": gettext_lazy("Fill in the name, or at least a phone or an e-mail."),
    "text": gettext_lazy("Write something first."),
    "tag": gettext_lazy("Write the tag first."),
}
FIELDS: dict[str, Promise] = {
    "name": gettext_lazy("Name"),
    "language": gettext_lazy("Language"),
    "phone": gettext_lazy("Phone"),
    "email": gettext_lazy("E-mail"),
    "primary_phone": gettext_lazy("Main phone"),
    "primary_email": gettext_lazy("Main e-mail"),
    "note": gettext_lazy("Note"),
    "tag": gettext_lazy("Tag"),
}
_PHONES = {"phone", "primary_phone"}


def say_error(error: CustomerError) -> str:
    """Return what went wrong and what to do, in the active language."""
    if error.code == "contact_taken":
        name = error.facts["owner_name"] or _("a customer without a name")
        if error.field == "phone":
            return _("This phone belongs to %(name)s.") % {"name": name}
        return _("This e-mail belongs to %(name)s.") % {"name": name}
    if error.code == "empty":
        return str(_EMPTY[error.field])
    text = str(_ERRORS.get(error.code, error.code))
    return text % error.facts if "%(" in text else text


@dataclass(frozen=True, slots=True)
class Happening:
    """One item of the timeline, ready for components/_timeline_item.html."""

    entry: AuditEntry
    title: str
    icon: str
    color: str = ""
    text: str = ""
    changes: list[dict[str, str]] = field(default_factory=list)


def tell_history(
    entries: Iterable[AuditEntry], notes: Iterable[CustomerNote], languages: Mapping[str, str]
) -> list[Happening]:
    """Return the timeline of a customer, in the order of the entries."""
    texts = {note.pk: note.text for note in notes}
    return [_tell(entry, texts, languages) for entry in entries]


def _tell(entry: AuditEntry, notes: Mapping[int, str], languages: Mapping[str, str]) -> Happening:
    match entry.action:
        case events.CREATED:
            return Happening(entry, _("Customer added"), "user-plus", "green")
        case events.REMOVED:
            return Happening(entry, _("Customer removed: an import was undone"), "user-x")
        case events.BLOCKED:
            return Happening(entry, _("Not to be sold to"), "ban", "red", entry.reason)
        case events.UNBLOCKED:
            return Happening(entry, _("May be sold to again"), "circle-check", "green")
        case events.NOTED:
            text = notes.get(entry.details.get("note_id", 0), "")
            return Happening(entry, _("Note"), "sticky-note", "yellow", text)
        case events.NOTE_REMOVED:
            text = entry.changes.get("note", [""])[0]
            return Happening(entry, _("Note removed"), "eraser", "", text)
        case events.TAGGED:
            before, after = entry.changes.get("tag", ["", ""])
            if after:
                return Happening(entry, _("Tag “%(tag)s” added") % {"tag": after}, "tag", "cyan")
            return Happening(entry, _("Tag “%(tag)s” removed") % {"tag": before}, "tag")
        case events.CHANGED:
            return _tell_change(entry, languages)
    return Happening(entry, entry.action, "circle")


def _tell_change(entry: AuditEntry, languages: Mapping[str, str]) -> Happening:
    names = list(entry.changes)
    if len(names) == 1 and names[0] in {"phone", "email"}:
        before, after = (_show(names[0], value, languages) for value in entry.changes[names[0]])
        word = FIELDS[names[0]]
        icon = "phone" if names[0] == "phone" else "mail"
        if before == NONE:
            title = _("%(field)s added: %(value)s") % {"field": word, "value": after}
        else:
            title = _("%(field)s removed: %(value)s") % {"field": word, "value": before}
        return Happening(entry, title, icon)
    changes = [
        {
            "label": str(FIELDS.get(name, name.removeprefix(CHANGE))),
            "before": _show(name, before, languages),
            "after": _show(name, after, languages),
        }
        for name, (before, after) in entry.changes.items()
    ]
    return Happening(entry, _("Changed"), "pencil", changes=changes)


def _show(name: str, value: Any, languages: Mapping[str, str]) -> str:
    if name == "language":
        return languages.get(value, value)
    if not value:
        return NONE
    return phone_text(value) if name in _PHONES else str(value)
