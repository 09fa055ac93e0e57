"""Beginning and ending a look through a member's eyes; both stand in the audit log."""

from datetime import datetime, timedelta

from django.db import transaction

from crm.accounts.errors import CannotViewAs
from crm.accounts.models import Membership, ViewAs
from crm.accounts.permissions import Role
from crm.audit.actor import Actor
from crm.audit.record import record

LASTS = timedelta(minutes=30)


@transaction.atomic
def begin_view_as(*, member_id: int, owner_id: int, now: datetime) -> ViewAs:
    """Let an owner look through a member's eyes for half an hour. An earlier look ends."""
    owner = Membership.objects.filter(pk=owner_id, role=Role.OWNER, is_active=True).first()
    member = Membership.objects.filter(pk=member_id).first()
    if owner is None or member is None or member.role == Role.OWNER or not member.has_access(now):
        raise CannotViewAs
    for view in ViewAs.objects.select_for_update(no_key=True).filter(
        owner_id=owner_id, ended_at=None
    ):
        _end(view, now, Actor.member(owner))
    view = ViewAs.objects.create(owner=owner, member=member, began_at=now, ends_at=now + LASTS)
    record(
        "member.view_began",
        member,
        actor=Actor.member(owner),
        now=now,
        details={"view": str(view.pk), "until": view.ends_at.isoformat()},
    )
    return view


@transaction.atomic
def end_view_as(*, view_id: int, now: datetime) -> ViewAs | None:
    """Go back to oneself. Repeating it changes nothing."""
    view = ViewAs.objects.select_for_update(no_key=True).filter(pk=view_id, ended_at=None).first()
    if view is not None:
        _end(view, now, Actor.member(view.owner))
    return view


@transaction.atomic
def end_overdue_views(*, now: datetime) -> int:
    """End the looks whose half hour is over, and return how many it were."""
    rows = ViewAs.objects.select_for_update(no_key=True, skip_locked=True)
    overdue = list(rows.filter(ended_at=None, ends_at__lte=now).order_by("id"))
    for view in overdue:
        _end(view, now, Actor.system())
    return len(overdue)


def _end(view: ViewAs, now: datetime, actor: Actor) -> None:
    view.ended_at = min(now, view.ends_at)
    view.save(update_fields=["ended_at"])
    record("member.view_ended", view.member, actor=actor, now=now, details={"view": str(view.pk)})
