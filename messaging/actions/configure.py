"""The company's choices about its letters."""

from datetime import datetime
from typing import Any

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from messaging.models import NoticeSettings

FIELDS = (
    "tell_agreed",
    "tell_shipped",
    "remind_payment",
    "remind_after_hours",
    "reply_to",
    "payment_details",
    "signature",
)


@transaction.atomic
def save_notice_settings(*, changes: dict[str, Any], actor: Actor, now: datetime) -> NoticeSettings:
    """Change the named choices; what changed is written down with before and after."""
    unknown = set(changes) - set(FIELDS)
    if unknown:
        raise TypeError(f"save_notice_settings() does not know {sorted(unknown)}")
    NoticeSettings.objects.bulk_create([NoticeSettings()], ignore_conflicts=True)
    row = NoticeSettings.objects.select_for_update().get()
    diff = {
        name: [getattr(row, name), value]
        for name, value in changes.items()
        if getattr(row, name) != value
    }
    if diff:
        for name, (_before, value) in diff.items():
            setattr(row, name, value)
        row.save(update_fields=list(diff))
        record("messages.configured", row, actor=actor, now=now, changes=diff)
    return row
