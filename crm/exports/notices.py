"""The words of the notification that a file is ready, made in the reader's language."""

from typing import Any

from django.utils.translation import gettext as _

from crm.exports.registry import get_table
from crm.shell.notices import Notice, register_notification

READY = "export.ready"


def connect() -> None:
    """Register the words; called once at start."""
    register_notification(READY, _ready)


def _ready(params: dict[str, Any]) -> Notice:
    table = get_table(params["table"])
    what = {"what": table.label if table else params["table"], "format": params["format"].upper()}
    return Notice(_("The file is ready: %(what)s, %(format)s") % what, "download", "green")
