"""Reads of the shell."""

from collections.abc import Mapping

from crm.audit.changes import stamp
from crm.shell.models import NoticeChoice, Notification

LIST_SIZE = 30
COUNT_LIMIT = 100
USUAL_CHOICE = (True, False)  # in the bell, not by mail


def list_notifications(*, member_id: int) -> list[Notification]:
    """Return the newest notifications of a member. One query."""
    mine = Notification.objects.filter(member_id=member_id, is_silent=False)
    return list(mine.order_by("-id")[:LIST_SIZE])


def count_unread(*, member_id: int) -> int:
    """Return how many are unread, counted up to 100. One query."""
    unread = Notification.objects.filter(member_id=member_id, read_at__isnull=True, is_silent=False)
    return unread[:COUNT_LIMIT].count()


def read_choices(*, member_id: int) -> dict[str, tuple[bool, bool]]:
    """What a member chose of each kind: in the bell, by mail. One query."""
    rows = NoticeChoice.objects.filter(member_id=member_id)
    return {kind: (bell, mail) for kind, bell, mail in rows.values_list("kind", "bell", "mail")}


def choices_stamp(choices: Mapping[str, tuple[bool, bool]]) -> str:
    """A mark of what was chosen; what is as usual leaves none."""
    return stamp({kind: list(pair) for kind, pair in choices.items() if pair != USUAL_CHOICE})
