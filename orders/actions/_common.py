"""What the actions on one order share: the lock, the save, the change of status."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import models

from crm.audit.actor import Actor
from crm.audit.record import build_record
from crm.outbox.wake import wake_after_commit
from crm.tenancy.batch import insert_together, update_of
from crm.tenancy.context import current_tenant_id
from crm.tenancy.sql import fetch_one
from orders import events
from orders.errors import InvalidOrder, OrderNotFound, StaleOrder
from orders.guards import check_rules
from orders.models import Channel, Order, OrderTransition, Status
from orders.pipeline import Stage


def lock_order(order_id: int, *, expected_version: int | None = None) -> Order:
    """Lock an order's row and return it fresh, with its status and channel.

    Raises OrderNotFound, and StaleOrder when the caller decided on another version.
    """
    row = fetch_one(_lock_statement(), [current_tenant_id(), order_id])
    if row is None:
        raise OrderNotFound
    order, status, channel = _read_models(row, (Order, Status, Channel))
    order.status, order.channel = status, channel
    if expected_version is not None and order.version != expected_version:
        raise StaleOrder(version=order.version, expected=expected_version)
    return order


def lock_for_move(
    order_id: int,
    *,
    stage: Stage | None = None,
    status_id: int | None = None,
    expected_version: int | None = None,
) -> tuple[Order, Status]:
    """Lock an order and the status it should enter: a stage's first one, or the one named.

    Raises as `lock_order` does, and InvalidOrder when there is no such status in use.
    """
    if status_id is not None:
        statement, wanted = _lock_with("t.id = %s AND t.is_active"), status_id
    elif stage is not None:
        statement, wanted = _lock_with("t.stage = %s AND t.is_default"), int(stage)
    else:
        raise InvalidOrder("required", field="to")
    params = [wanted, current_tenant_id(), order_id]
    # Archived at this very moment, the first look waited for it: the second finds its heir.
    row = fetch_one(statement, params) or fetch_one(statement, params)
    if row is None:
        lock_order(order_id, expected_version=expected_version)
        raise InvalidOrder("unknown_status", field="status")
    order, status, channel, target = _read_models(row, (Order, Status, Channel, Status))
    order.status, order.channel = status, channel
    if expected_version is not None and order.version != expected_version:
        raise StaleOrder(version=order.version, expected=expected_version)
    return order, target


def _columns(*tables: tuple[str, type[models.Model]]) -> str:
    return ", ".join(
        f'{alias}."{field.column}"'
        for alias, model in tables
        for field in model._meta.concrete_fields
    )


_OF_ORDER = """
FROM orders_order o
JOIN orders_status s ON s.tenant_id = o.tenant_id AND s.id = o.status_id
JOIN orders_channel h ON h.tenant_id = o.tenant_id AND h.id = o.channel_id
"""


@cache
def _lock_statement() -> str:
    columns = _columns(("o", Order), ("s", Status), ("h", Channel))
    return (
        f"SELECT {columns} {_OF_ORDER} WHERE o.tenant_id = %s AND o.id = %s FOR NO KEY UPDATE OF o"
    )


@cache
def _lock_with(condition: str) -> str:
    """The same with the status to enter, named by a condition on `t`.

    The order first, then the status: archiving a status waits for both, and nobody for it.
    """
    columns = _columns(("o", Order), ("s", Status), ("h", Channel), ("t", Status))
    return (
        f"SELECT {columns} {_OF_ORDER}"
        f" JOIN orders_status t ON t.tenant_id = o.tenant_id AND {condition}"
        " WHERE o.tenant_id = %s AND o.id = %s FOR NO KEY UPDATE OF o FOR KEY SHARE OF t"
    )


@cache
def _status_statement() -> str:
    columns = _columns(("s", Status))
    return f"SELECT {columns} FROM orders_status s WHERE tenant_id = %s AND "  # noqa: S608


# Locked as the order's foreign key will lock it: a status is not archived between the look at it
# and the move into it (see configure_statuses.retire_status).
_SHARED = " FOR KEY SHARE"


def _read_models(row: tuple[Any, ...], kinds: Sequence[type[models.Model]]) -> list[Any]:
    """Make instances of a row that holds all columns of the models, one after the other."""
    made: list[Any] = []
    begin = 0
    for model in kinds:
        fields = model._meta.concrete_fields
        values = [
            json.loads(value)
            if isinstance(field, models.JSONField) and isinstance(value, str)
            else value
            for field, value in zip(fields, row[begin : begin + len(fields)], strict=True)
        ]
        begin += len(fields)
        made.append(model.from_db("default", [field.attname for field in fields], values))
    return made


def save_order(order: Order, fields: Iterable[str], *, now: datetime) -> None:
    """Save the named fields, and the version that tells others of it."""
    order.version += 1
    order.updated_at = now
    order.save(update_fields=[*fields, "version", "updated_at"])


def answer(order: Order, now: datetime) -> list[str]:
    """Stop the first-response clock if it still runs; return the names of changed fields."""
    if order.responded_at is not None:
        return []
    order.responded_at = now
    order.next_alarm_at = None
    return ["responded_at", "next_alarm_at"]


def default_status(stage: Stage) -> Status:
    """The status that an order enters first in a stage."""
    statement = _status_statement() + "stage = %s AND is_default" + _SHARED
    params = [current_tenant_id(), int(stage)]
    # Archived at this very moment, the first look waited for it: the second finds its heir.
    row = fetch_one(statement, params) or fetch_one(statement, params)
    if row is None:
        raise Status.DoesNotExist
    return _read_models(row, (Status,))[0]


def find_status(status_id: int) -> Status | None:
    """A status in use, which stays in use until the transaction ends; None if there is none."""
    statement = _status_statement() + "id = %s AND is_active" + _SHARED
    row = fetch_one(statement, [current_tenant_id(), status_id])
    return _read_models(row, (Status,))[0] if row else None


def move(
    order: Order,
    target: Status,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
    also: Iterable[str] = (),
    details: dict[str, Any] | None = None,
    by_rules: bool = True,
) -> None:
    """Put a locked order into a status: the only place where a status is assigned.

    Writes the order, its history row, the audit and the event. The pipeline's guards are the
    caller's; the company's own rules are held here, whoever moves and by whatever way.
    """
    source = order.status
    if by_rules:
        check_rules(order, target)
    fields = {"status", "stage", "status_since", *also}
    if actor.member_id is not None:
        fields.update(answer(order, now))
    if target.stage != Stage.NEW and order.next_alarm_at is not None:
        order.next_alarm_at = None
        fields.add("next_alarm_at")
    order.status = target
    order.stage = target.stage
    order.status_since = now
    order.version += 1
    order.updated_at = now
    # History only grows; an example must be able to go, so its moves stand in the audit alone.
    transition = (
        None
        if order.is_example
        else OrderTransition(
            tenant_id=order.tenant_id,
            order_id=order.id,
            from_status_id=source.id,
            to_status_id=target.id,
            from_stage=source.stage,
            to_stage=target.stage,
            at=now,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
            actor_label=actor.label[:120],
            reason=reason[:500],
        )
    )
    same_stage = source.stage == target.stage
    topic = events.STATUS_CHANGED if same_stage else events.stage_topic(Stage(target.stage).word)
    entry, event = build_record(
        topic,
        order,
        actor=actor,
        now=now,
        changes={"status": [source.name, target.name]},
        details={
            "from": Stage(source.stage).word,
            "to": Stage(target.stage).word,
            **(details or {}),
        },
        reason=reason,
    )
    insert_together(
        [[transition] if transition else [], [entry], [event]],
        before=[update_of(order, {*fields, "version", "updated_at"}, name="moved")],
    )
    wake_after_commit(current_tenant_id())
