"""Skills: what a channel may ask of those who work its orders, and who has them."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.changes import Changes, check_stamp, stamp
from crm.audit.record import record
from orders.actions._settings import check_name, made
from orders.errors import InvalidOrder
from orders.models import Channel, MemberSkill, Skill


def skills_stamp() -> str:
    """A mark of who has which skill. One query."""
    return stamp(sorted(MemberSkill.objects.values_list("skill_id", "member_id")))


def _lock_skills() -> dict[int, Skill]:
    return {row.pk: row for row in Skill.objects.select_for_update().order_by("id")}


@transaction.atomic
def add_skill(*, name: str, actor: Actor, now: datetime) -> Skill:
    """Add a skill that nobody has yet."""
    _lock_skills()
    skill = Skill.objects.create(name=check_name(Skill, name))
    record("skill.created", skill, actor=actor, now=now, changes=made(skill, "name"))
    return skill


@transaction.atomic
def rename_skill(*, skill_id: int, name: str, actor: Actor, now: datetime) -> Skill:
    """Call a skill otherwise; who has it keeps it."""
    skill = _pick(_lock_skills(), skill_id)
    name = check_name(Skill, name, but=skill.pk)
    if name != skill.name:
        changes = {"name": [skill.name, name]}
        skill.name = name
        skill.save(update_fields=["name"])
        record("skill.edited", skill, actor=actor, now=now, changes=changes)
    return skill


@transaction.atomic
def remove_skill(*, skill_id: int, actor: Actor, now: datetime) -> None:
    """Remove a skill that no channel asks for; repeating it changes nothing."""
    skill = _lock_skills().get(skill_id)
    if skill is None:
        return
    if Channel.objects.filter(skill_id=skill.pk).exists():
        raise InvalidOrder("skill_in_use", field="skill")
    people = [row.member.display_name for row in skill.people.select_related("member")]
    changes: Changes = {"name": [skill.name, None]}
    if people:
        changes["members"] = [sorted(people), []]
    record("skill.removed", skill, actor=actor, now=now, changes=changes)
    skill.delete()


@transaction.atomic
def set_skills(
    *,
    wanted: Mapping[int, Collection[int]],
    actor: Actor,
    now: datetime,
    expected: str | None = None,
) -> None:
    """Say who has which skill: ids of skills to ids of members."""
    rows = _lock_skills()
    check_stamp(expected, skills_stamp())
    names = dict(Membership.objects.filter(is_active=True).values_list("id", "display_name"))
    for skill_id, asked in wanted.items():
        skill = _pick(rows, skill_id)
        people = {member_id for member_id in asked if member_id in names}
        held = skill.people.select_related("member").filter(member__is_active=True)
        present = {row.member_id: row.member.display_name for row in held}
        if people == set(present):
            continue
        skill.people.filter(member_id__in=set(present) - people).delete()
        MemberSkill.objects.bulk_create(
            MemberSkill(skill_id=skill.pk, member_id=pk) for pk in sorted(people - set(present))
        )
        changes = {"members": [sorted(present.values()), sorted(names[pk] for pk in people)]}
        record("skill.edited", skill, actor=actor, now=now, changes=changes)


def _pick(rows: Mapping[int, Skill], skill_id: int) -> Skill:
    if skill_id not in rows:
        raise InvalidOrder("unknown_skill", field="skill")
    return rows[skill_id]
