"""How each kind of notification is worded. Upper apps register their kinds."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext

from crm.accounts.permissions import Permission
from crm.shell.models import Notification

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """The words of one notification, made when it is read."""

    text: str
    icon: str = "bell"
    color: str = "gray"


@dataclass(frozen=True, slots=True)
class Choosable:
    """A kind that members choose where to be told of; only those with the permission see it."""

    name: str
    label: str | Promise
    permission: Permission


Builder = Callable[[dict[str, Any]], Notice]
_builders: dict[str, Builder] = {}
_choosable: dict[str, Choosable] = {}
_chosen_as: dict[str, str] = {}


def register_notification(
    kind: str,
    builder: Builder,
    *,
    label: str | Promise = "",
    permission: Permission | None = None,
    chosen_as: str = "",
) -> None:
    """Word notifications of `kind` with `builder(params)`.

    With a label and a permission members choose whether they are told in the bell and by mail;
    a kind `chosen_as` another goes by that one's choice. Without, it always is in the bell.
    """
    _builders[kind] = builder
    if label and permission is not None:
        _choosable[kind] = Choosable(kind, label, permission)
    if chosen_as:
        _chosen_as[kind] = chosen_as


def list_choosable() -> list[Choosable]:
    """The kinds that members choose, in the order of their registration."""
    return list(_choosable.values())


def choice_of(kind: str) -> str:
    """The kind whose choice decides about this one."""
    return _chosen_as.get(kind, kind)


def word(note: Notification) -> Notice:
    """Return the notification's words; one whose kind is unknown is still shown."""
    builder = _builders.get(note.kind)
    if builder is None:
        logger.warning("No words for notifications of kind %s", note.kind)
        return Notice(gettext("Something happened: %(kind)s") % {"kind": note.kind})
    return builder(note.params)
