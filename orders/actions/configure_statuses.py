"""The company's statuses: names, rules, order; archived safely while orders stand in them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from math import ceil
from typing import Any

from django.db import transaction

from crm.accounts.models import Membership
from crm.audit.actor import Actor
from crm.audit.changes import Changes, check_stamp, set_fields, stamp, stamp_of
from crm.audit.record import record
from crm.fields.actions import lock_in_use
from crm.fields.models import FieldDefinition, Kind
from crm.jobs.actions import start_job
from crm.jobs.models import Job
from orders.actions._common import default_status, find_status, lock_order, move
from orders.actions._settings import check_name, made, put_in_order
from orders.edits import CUSTOM, custom_code
from orders.errors import InvalidOrder
from orders.guards import RULES
from orders.models import Channel, Order, Status
from orders.pipeline import MOVES, Stage

FIELDS = ("name", "names", "color", "icon", "hours_limit", "required")
EMPTY_STATUS = "orders.empty_status"
BATCH = 50


def status_stamp(status: Status) -> str:
    return stamp_of(status, FIELDS)


def moves_stamp(statuses: Collection[Status]) -> str:
    return stamp(sorted((row.pk, sorted(row.next_ids)) for row in statuses))


def lock_statuses() -> dict[int, Status]:
    """Lock all statuses of the company, as every change of them does: one after the other."""
    rows = Status.objects.select_for_update(no_key=True).order_by("id")
    return {row.pk: row for row in rows}


def _pick(rows: Mapping[int, Status], status_id: int) -> Status:
    if status_id not in rows:
        raise InvalidOrder("unknown_status", field="status")
    return rows[status_id]


def _lock_rules(values: Mapping[str, Any]) -> list[str]:
    """What a status may ask for. Fields of the company's own that it shall ask for are locked,
    before the statuses: meanwhile nobody archives them."""
    wanted = values.get("required", ())
    own = lock_in_use(Kind.ORDER) if any(custom_code(code) for code in wanted) else {}
    return [*RULES, *(f"{CUSTOM}{code}" for code in own)]


def _clean(values: Mapping[str, Any], but: int | None, rules: list[str]) -> dict[str, Any]:
    clean = dict(values)
    if "name" in clean:
        clean["name"] = check_name(Status, clean["name"], but=but)
    if "names" in clean:
        names = {code: " ".join(name.split()) for code, name in clean["names"].items()}
        clean["names"] = {code: name for code, name in sorted(names.items()) if name}
    if "required" in clean:
        clean["required"] = [code for code in rules if code in set(clean["required"])]
    return clean


@transaction.atomic
def add_status(*, stage: Stage, values: Mapping[str, Any], actor: Actor, now: datetime) -> Status:
    """Add a status at the end of a stage."""
    rules = _lock_rules(values)
    rows = lock_statuses()
    last = max((row.position for row in rows.values() if row.stage == stage), default=-1)
    status = Status(stage=stage, position=last + 1)
    set_fields(status, FIELDS, _clean(values, None, rules))
    status.save()
    changes = made(status, *(name for name in FIELDS if getattr(status, name)))
    record("status.created", status, actor=actor, now=now, changes=changes)
    return status


@transaction.atomic
def edit_status(
    *,
    status_id: int,
    values: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    expected: str | None = None,
) -> Status:
    """Change a status's names, colour, icon, limit or what it asks for. Its stage never changes."""
    rules = _lock_rules(values)
    status = _pick(lock_statuses(), status_id)
    check_stamp(expected, status_stamp(status))
    changes = set_fields(status, FIELDS, _clean(values, status.id, rules))
    if changes:
        status.save(update_fields=[*changes])
        record("status.edited", status, actor=actor, now=now, changes=changes)
    return status


def forget_field(definition: FieldDefinition, actor: Actor, now: datetime) -> None:
    """No status asks for a field that is archived: nobody could fill it in."""
    if definition.kind != Kind.ORDER:
        return
    name = f"{CUSTOM}{definition.code}"
    for status in lock_statuses().values():
        if name in status.required:
            kept = [code for code in status.required if code != name]
            changes = set_fields(status, FIELDS, {"required": kept})
            status.save(update_fields=["required"])
            record("status.edited", status, actor=actor, now=now, changes=changes)


@transaction.atomic
def order_statuses(*, ids: Collection[int], actor: Actor, now: datetime) -> None:
    """Put the statuses of one stage into this order."""
    rows = lock_statuses()
    stages = {rows[pk].stage for pk in ids if pk in rows}
    if len(stages) != 1:
        raise InvalidOrder("unknown_status", field="status")
    mine = {pk: row for pk, row in rows.items() if row.stage in stages}
    if changes := put_in_order(mine, ids):
        record("status.ordered", mine[min(mine)], actor=actor, now=now, changes=changes)


@transaction.atomic
def make_default_status(*, status_id: int, actor: Actor, now: datetime) -> Status:
    """Orders that enter the stage enter this status first."""
    rows = lock_statuses()
    status = _pick(rows, status_id)
    if status.is_default:
        return status
    if not status.is_active:
        raise InvalidOrder("unknown_status", field="status")
    before = _hand_over_default(rows, status)
    changes: Changes = {"is_default": [before, status.name]}
    record("status.made_default", status, actor=actor, now=now, changes=changes)
    return status


def _hand_over_default(rows: Mapping[int, Status], heir: Status) -> str | None:
    """Make a status the first of its stage; return who was."""
    before = None
    for row in rows.values():
        if row.stage == heir.stage and row.is_default:
            before = row.name
            row.is_default = False
            row.save(update_fields=["is_default"])
    heir.is_default = True
    heir.save(update_fields=["is_default"])
    return before


@transaction.atomic
def set_moves(
    *,
    allowed: Mapping[int, Collection[int]],
    actor: Actor,
    now: datetime,
    expected: str | None = None,
) -> None:
    """Say which statuses may follow which; an empty list means all that the pipeline allows."""
    rows = lock_statuses()
    check_stamp(expected, moves_stamp(rows.values()))
    for status_id, wanted in allowed.items():
        source = _pick(rows, status_id)
        possible = {pk for pk, row in rows.items() if row.is_active and can_follow(source, row)}
        # Every box ticked says the same as none, and stays true when a status is added.
        kept = sorted(possible & set(wanted))
        kept = [] if len(kept) == len(possible) else kept
        if kept == sorted(source.next_ids):
            continue
        names = [[rows[pk].name for pk in ids if pk in rows] for ids in (source.next_ids, kept)]
        source.next_ids = kept
        source.save(update_fields=["next_ids"])
        changes: Changes = {"next_ids": [*names]}
        record("status.edited", source, actor=actor, now=now, changes=changes)


def can_follow(source: Status, target: Status) -> bool:
    """Whether the pipeline has a move from one status to the other."""
    if source.pk == target.pk:
        return False
    stage = Stage(source.stage)
    return target.stage == source.stage or Stage(target.stage) in MOVES[stage]


@transaction.atomic
def retire_status(
    *, status_id: int, heir_id: int, member: Membership, now: datetime
) -> tuple[Status, Job | None]:
    """Archive a status; its orders go to another of its stage, by a job with a history row each.

    Whoever moves an order into a status holds that status's row until they commit (`find_status`,
    `default_status`, `read_intake`). The lock below waits for them, so the job counts their orders
    too, and who comes later finds the status archived: nobody is left behind in it.
    """
    rows = lock_statuses()
    status = _pick(rows, status_id)
    heir = rows.get(heir_id)
    if not status.is_active:
        return status, None
    if heir is None or not heir.is_active or heir.stage != status.stage or heir.pk == status.pk:
        raise InvalidOrder("unknown_heir", field="heir")
    Status.objects.select_for_update().get(id=status.pk)
    if status.is_default:
        _hand_over_default(rows, heir)
        status.is_default = False
    status.is_active = False
    status.save(update_fields=["is_active"])
    for row in rows.values():
        if status.pk in row.next_ids:
            kept = {heir.pk if pk == status.pk else pk for pk in row.next_ids} - {row.pk}
            row.next_ids = sorted(kept)
            row.save(update_fields=["next_ids"])
    Channel.objects.filter(first_status_id=status.pk).update(first_status=heir)
    standing = Order.objects.filter(status_id=status.pk).count()
    actor = Actor.member(member)
    changes: Changes = {"is_active": [True, False], "heir": [None, heir.name]}
    details = {"orders": standing}
    record("status.archived", status, actor=actor, now=now, changes=changes, details=details)
    if not standing:
        return status, None
    params = {"status": status.pk, "heir": heir.pk, "batches": ceil(standing / BATCH)}
    return status, start_job(kind=EMPTY_STATUS, params=params, member=member, now=now)


@transaction.atomic
def restore_status(*, status_id: int, actor: Actor, now: datetime) -> Status:
    """Take an archived status back into use."""
    status = _pick(lock_statuses(), status_id)
    if not status.is_active:
        status.is_active = True
        status.save(update_fields=["is_active"])
        changes: Changes = {"is_active": [False, True]}
        record("status.restored", status, actor=actor, now=now, changes=changes)
    return status


@transaction.atomic
def empty_status(*, status_id: int, heir_id: int, actor: Actor, now: datetime) -> list[Order]:
    """Move the next orders out of an archived status; return those that went.

    The company's rules for statuses are not asked: the status they keep to is gone.
    """
    status = Status.objects.get(id=status_id)
    if status.is_active:
        raise InvalidOrder("status_in_use", field="status")
    moved = []
    standing = Order.objects.filter(status_id=status_id).order_by("id")
    for order_id in list(standing.values_list("id", flat=True)[:BATCH]):
        order = lock_order(order_id)
        if order.status_id != status_id:
            continue
        heir = find_status(heir_id) or default_status(Stage(order.stage))
        # By the system: it is no answer to the customer, and stops no clock of theirs.
        doer = Actor.system(actor.label)
        move(order, heir, actor=doer, now=now, reason=status.name, by_rules=False)
        moved.append(order)
    return moved
