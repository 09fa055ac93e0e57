"""The words of the notification that work has ended badly, made in the reader's language."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.jobs.kinds import kind_of
from crm.shell.notices import Notice, register_notification

FAILED = "job.failed"


def connect() -> None:
    """Register the words; called once at start."""
    register_notification(FAILED, _failed)


def _failed(params: dict[str, Any]) -> Notice:
    kind = kind_of(params["kind"])
    words = {"what": kind.label if kind else params["kind"], "n": params["failed"]}
    if not params["failed"]:
        return Notice(_("%(what)s: it could not be done") % words, "circle-x", "red")
    text = ngettext("%(what)s: %(n)d row failed", "%(what)s: %(n)d rows failed", words["n"])
    return Notice(text % words, "triangle-alert", "yellow")
