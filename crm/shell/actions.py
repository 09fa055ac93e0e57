"""Writes of the shell: telling members, and their reading of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.changes import Changes, check_stamp
from crm.audit.record import record
from crm.shell.live import publish_after_commit
from crm.shell.models import NoticeChoice, Notification
from crm.shell.notices import choice_of
from crm.shell.selectors import USUAL_CHOICE, choices_stamp, read_choices
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
    """Tell members of something, each once, where they want to hear of it, in the caller's
    transaction. Three statements at most."""
    ids = dict.fromkeys(m if isinstance(m, int) else m.pk for m in members)
    chosen = {
        row.member_id: (row.bell, row.mail)
        for row in NoticeChoice.objects.filter(kind=choice_of(kind), member_id__in=ids)
    }
    notes = []
    for member_id in ids:
        bell, mail = chosen.get(member_id, USUAL_CHOICE)
        if bell or mail:
            notes.append(
                Notification(
                    member_id=member_id,
                    kind=kind,
                    params=params,
                    url=url,
                    created_at=now,
                    is_silent=not bell,
                    mail_at=now if mail else None,
                )
            )
    notes = Notification.objects.bulk_create(notes)
    for note in notes:
        if not note.is_silent:
            _tell_bells(note.member_id)
    return notes


@transaction.atomic
def choose_notices(
    *,
    member: Membership,
    choices: Mapping[str, tuple[bool, bool]],
    actor: Actor,
    now: datetime,
    expected: str | None = None,
) -> None:
    """Say of each kind whether the member is told in the bell and by mail."""
    # One at a time for one member: two tabs would lay their rows over each other.
    Membership.objects.select_for_update(no_key=True).get(pk=member.pk)
    present = read_choices(member_id=member.pk)
    check_stamp(expected, choices_stamp(present))
    changes: Changes = {}
    rows = []
    for kind, wanted in choices.items():
        before = present.get(kind, USUAL_CHOICE)
        if wanted != before:
            bell, mail = wanted
            rows.append(NoticeChoice(member_id=member.pk, kind=kind, bell=bell, mail=mail))
            changes[kind] = [_places(*before), _places(*wanted)]
    if not rows:
        return
    NoticeChoice.objects.filter(member_id=member.pk, kind__in=changes).delete()
    NoticeChoice.objects.bulk_create(rows)
    record("member.notices_chosen", member, actor=actor, now=now, changes=changes)


def _places(bell: bool, mail: bool) -> list[str]:
    return [place for place, wanted in (("bell", bell), ("mail", mail)) if wanted]


@transaction.atomic
def read_notification(*, member_id: int, note_id: int, now: datetime) -> Notification | None:
    """Mark one of the member's own notifications as read and return it; None if there is none."""
    mine = Notification.objects.filter(member_id=member_id, pk=note_id)
    if mine.filter(read_at__isnull=True).update(read_at=now):
        _tell_bells(member_id)
    return mine.first()


@transaction.atomic
def read_all_notifications(*, member_id: int, now: datetime) -> int:
    """Mark all of the member's notifications as read; return how many were not."""
    unread = Notification.objects.filter(member_id=member_id, read_at__isnull=True)
    read = unread.update(read_at=now)
    if read:
        _tell_bells(member_id)
    return read


def _tell_bells(member_id: int) -> None:
    """Have the member's open pages count their notes anew."""
    publish_after_commit(
        tenant_id=current_tenant_id(), topic="notes", payload={}, member_id=member_id
    )
