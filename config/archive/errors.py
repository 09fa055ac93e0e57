"""Why an archive is not written or taken in."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_WORDS: dict[str, Promise] = {
    "not_an_archive": _("This file is not an archive of a company."),
    "unknown_version": _(
        "The archive is of format %(version)s; this Kram reads format %(known)s."
        " Bring the one that made it, or this one, up to date."
    ),
    "newer": _("The archive was made by a newer Kram: %(what)s is not known here."),
    "damaged": _("The archive is damaged: %(what)s is not what was written. Nothing was changed."),
    "not_empty": _(
        "The company is not empty: %(what)s. An archive goes into an empty company only."
    ),
    "ids_too_far": _(
        "The numbers of rows in %(what)s run too far ahead of those of this service."
        " Whoever runs it must move them on first."
    ),
    "foreign_rights": _("The archive gives rights that no role may have: %(what)s."),
    "unequal": _("The two sides are not equal. Nothing was changed."),
}


class ArchiveRefused(Exception):
    """An archive can't be taken in, or was not. Codes: the keys of `_WORDS`."""

    def __init__(self, code: str, *, report: Any = None, **facts: Any) -> None:
        self.code = code
        self.report = report
        self.facts = facts
        super().__init__(code)

    def __str__(self) -> str:
        return str(_WORDS[self.code]) % self.facts
