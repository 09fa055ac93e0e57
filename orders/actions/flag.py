"""Marking an order with what a person must mend, and taking the mark off."""

from datetime import datetime

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from orders.actions._common import answer, lock_order, save_order
from orders.errors import InvalidOrder
from orders.models import Order
from orders.problems import TEXTS


@transaction.atomic
def flag_problem(*, order_id: int, problem: str, actor: Actor, now: datetime) -> Order:
    """Add a problem (see orders.problems) to an order. Repeating it changes nothing."""
    return _set(order_id, problem, True, actor, now)


@transaction.atomic
def clear_problem(*, order_id: int, problem: str, actor: Actor, now: datetime) -> Order:
    """Say that a problem has been dealt with."""
    return _set(order_id, problem, False, actor, now)


def _set(order_id: int, problem: str, present: bool, actor: Actor, now: datetime) -> Order:
    if problem not in TEXTS:
        raise InvalidOrder("unknown_problem", field="problem")
    order = lock_order(order_id)
    before = list(order.problems)
    after = [p for p in before if p != problem] + ([problem] if present else [])
    if set(before) == set(after):
        return order
    order.problems = after
    order.has_problems = bool(after)
    also = answer(order, now) if actor.member_id is not None else []
    save_order(order, ["problems", "has_problems", *also], now=now)
    record(
        "order.problems_changed",
        order,
        actor=actor,
        now=now,
        changes={"problems": [before, after]},
    )
    return order
