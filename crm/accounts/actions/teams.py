"""Teams: whose orders a member with a team's scope is shown."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from crm.accounts.errors import NameNeeded, NameTaken, TeamInUse, UnknownMember, UnknownTeam
from crm.accounts.models import Membership, Team, TeamMember
from crm.audit.actor import Actor
from crm.audit.record import record
from crm.shell.live import ask_anew
from crm.tenancy.context import current_tenant_id


@transaction.atomic
def create_team(
    *, name: str, lead_id: int | None, member_ids: Collection[int], actor: Actor, now: datetime
) -> Team:
    """Make a team of members."""
    people = _read_people({*member_ids, *([lead_id] if lead_id else [])})
    try:
        with transaction.atomic():
            team = Team.objects.create(name=_read_name(name), lead_id=lead_id, created_at=now)
    except IntegrityError:
        raise NameTaken from None
    TeamMember.objects.bulk_create(TeamMember(team=team, member_id=pk) for pk in set(member_ids))
    ask_anew(tenant_id=current_tenant_id(), member_ids=people)
    details = {"name": team.name, "members": _names(people, member_ids)}
    record("team.created", team, actor=actor, now=now, details=details)
    return team


@transaction.atomic
def edit_team(
    *,
    team_id: int,
    name: str,
    lead_id: int | None,
    member_ids: Collection[int],
    actor: Actor,
    now: datetime,
) -> Team:
    """Say how a team is called, who leads it and who is in it."""
    team = _lock_team(team_id)
    before = set(team.places.values_list("member_id", flat=True))
    wanted = set(member_ids)
    everybody = {*before, *wanted, *(pk for pk in (lead_id, team.lead_id) if pk)}
    people = _read_people(everybody)
    changes: dict[str, list[Any]] = {}
    if (clean := _read_name(name)) != team.name:
        changes["name"] = [team.name, clean]
    if lead_id != team.lead_id:
        changes["lead"] = [people.get(team.lead_id or 0, ""), people.get(lead_id or 0, "")]
    if before != wanted:
        changes["members"] = [_names(people, before), _names(people, wanted)]
    if not changes:
        return team
    team.name, team.lead_id = clean, lead_id
    try:
        with transaction.atomic():
            team.save(update_fields=["name", "lead"])
    except IntegrityError:
        raise NameTaken from None
    team.places.filter(member_id__in=before - wanted).delete()
    TeamMember.objects.bulk_create(
        TeamMember(team=team, member_id=pk) for pk in sorted(wanted - before)
    )
    if changes.keys() & {"lead", "members"}:
        ask_anew(tenant_id=current_tenant_id(), member_ids=everybody)
    record("team.edited", team, actor=actor, now=now, changes=changes)
    return team


@transaction.atomic
def delete_team(*, team_id: int, actor: Actor, now: datetime) -> None:
    """Delete a team that nothing else names; its members see their own orders again."""
    team = _lock_team(team_id)
    record("team.deleted", team, actor=actor, now=now, details={"name": team.name})
    places = team.places.values_list("member_id", flat=True)
    ask_anew(
        tenant_id=current_tenant_id(),
        member_ids=[*places, *([team.lead_id] if team.lead_id else [])],
    )
    team.places.all().delete()
    try:
        team.delete()
    except (ProtectedError, IntegrityError):
        raise TeamInUse from None


def _lock_team(team_id: int) -> Team:
    team = Team.objects.select_for_update(no_key=True).filter(pk=team_id).first()
    if team is None:
        raise UnknownTeam
    return team


def _read_people(ids: Collection[int]) -> dict[int, str]:
    people = dict(Membership.objects.filter(pk__in=ids).values_list("pk", "display_name"))
    if len(people) != len(set(ids)):
        raise UnknownMember
    return people


def _names(people: dict[int, str], ids: Collection[int]) -> str:
    return ", ".join(sorted(people[pk] for pk in ids))


def _read_name(name: str) -> str:
    name = " ".join(name.split())[:60]
    if not name:
        raise NameNeeded
    return name
