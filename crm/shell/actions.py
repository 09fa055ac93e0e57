"""Writes of the shell: telling members, and their reading of it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from crm.accounts.models import Membership
from crm.shell.live import publish_after_commit
from crm.shell.models import Notification
from crm.tenancy.context import current_tenant_id


@transaction.atomic
def notify(
    *,
    members: Iterable[Membership | int],
    kind: str,
    params: dict[str, Any],
    url: str,
    now: datetime,
) -> list[Notification]:
    """Tell members of something, each once, in the caller's transaction. Two statements at most."""
    ids = dict.fromkeys(m if isinstance(m, int) else m.pk for m in members)
    notes = Notification.objects.bulk_create(
        Notification(member_id=member_id, kind=kind, params=params, url=url, created_at=now)
        for member_id in ids
    )
    for member_id in ids:
        publish_after_commit(
            tenant_id=current_tenant_id(), topic="notes", payload={}, member_id=member_id
        )
    return notes


def read_notification(*, member_id: int, note_id: int, now: datetime) -> Notification | None:
    """Mark one of the member's own notifications as read and return it; None if there is none."""
    mine = Notification.objects.filter(member_id=member_id, pk=note_id)
    mine.filter(read_at__isnull=True).update(read_at=now)
    return mine.first()


def read_all_notifications(*, member_id: int, now: datetime) -> int:
    """Mark all of the member's notifications as read; return how many were not."""
    unread = Notification.objects.filter(member_id=member_id, read_at__isnull=True)
    return unread.update(read_at=now)
