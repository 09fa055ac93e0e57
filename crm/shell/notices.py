"""How each kind of notification is worded. Upper apps register their kinds."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from crm.shell.models import Notification

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """The words of one notification, made when it is read."""

    text: str
    icon: str = "bell"
    color: str = "gray"


Builder = Callable[[dict[str, Any]], Notice]
_builders: dict[str, Builder] = {}


def register_notification(kind: str, builder: Builder) -> None:
    """Word notifications of `kind` with `builder(params)`."""
    _builders[kind] = builder


def word(note: Notification) -> Notice:
    """Return the notification's words; one whose kind is unknown is still shown."""
    builder = _builders.get(note.kind)
    if builder is None:
        logger.warning("No words for notifications of kind %s", note.kind)
        return Notice(gettext("Something happened: %(kind)s") % {"kind": note.kind})
    return builder(note.params)
