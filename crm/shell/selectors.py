"""Reads of the shell."""

from crm.shell.models import Notification

LIST_SIZE = 30
COUNT_LIMIT = 100


def list_notifications(*, member_id: int) -> list[Notification]:
    """Return the newest notifications of a member. One query."""
    return list(Notification.objects.filter(member_id=member_id).order_by("-id")[:LIST_SIZE])


def count_unread(*, member_id: int) -> int:
    """Return how many are unread, counted up to 100. One query."""
    unread = Notification.objects.filter(member_id=member_id, read_at__isnull=True)
    return unread[:COUNT_LIMIT].count()
