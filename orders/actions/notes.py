"""Notes, tags, the decision on a suspected repeat, and «I have answered»."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from crm.audit.actor import Actor
from crm.audit.record import record
from orders import events
from orders.actions._common import answer, lock_order, save_order
from orders.errors import InvalidOrder, NotPending
from orders.models import KEPT_OF_NOTE, DuplicateState, Order, OrderNote, OrderTag


@transaction.atomic
def add_note(*, order_id: int, text: str, actor: Actor, now: datetime) -> OrderNote:
    """Write an internal note into the order's timeline."""
    if not text.strip():
        raise InvalidOrder("required", field="text")
    order = lock_order(order_id)
    note = OrderNote.objects.create(
        order_id=order.id, author_id=actor.member_id, text=text.strip()[:4000], created_at=now
    )
    also = answer(order, now) if actor.member_id is not None else []
    save_order(order, also, now=now)
    record(events.NOTED, order, actor=actor, now=now, details={"text": note.text[:KEPT_OF_NOTE]})
    return note


@transaction.atomic
def set_tags(*, order_id: int, names: Sequence[str], actor: Actor, now: datetime) -> Order:
    """Give an order exactly these tags."""
    wanted = {" ".join(name.split())[:40] for name in names} - {""}
    order = lock_order(order_id)
    present = set(order.tags.values_list("name", flat=True))
    if wanted == present:
        return order
    order.tags.filter(name__in=present - wanted).delete()
    OrderTag.objects.bulk_create(
        [OrderTag(order_id=order.id, name=name) for name in sorted(wanted - present)]
    )
    save_order(order, [], now=now)
    record(
        events.TAGGED,
        order,
        actor=actor,
        now=now,
        changes={"tags": [sorted(present), sorted(wanted)]},
    )
    return order


@transaction.atomic
def mark_answered(*, order_id: int, actor: Actor, now: datetime) -> Order:
    """Stop the first-response clock: the customer has been talked to."""
    order = lock_order(order_id)
    also = answer(order, now)
    if also:
        save_order(order, also, now=now)
        record("order.answered", order, actor=actor, now=now)
    return order


@transaction.atomic
def decide_duplicate(*, order_id: int, is_duplicate: bool, actor: Actor, now: datetime) -> Order:
    """Say whether a suspected repeat is one. A repeat stays out of revenue; cancel it next."""
    order = lock_order(order_id)
    target = DuplicateState.CONFIRMED if is_duplicate else DuplicateState.REJECTED
    if order.duplicate_state == target:
        return order
    if order.duplicate_state == DuplicateState.NONE:
        raise NotPending
    before = order.duplicate_state
    order.duplicate_state = target
    order.is_counted = not is_duplicate
    save_order(order, ["duplicate_state", "is_counted", *answer(order, now)], now=now)
    record(
        events.DUPLICATE_DECIDED,
        order,
        actor=actor,
        now=now,
        changes={"duplicate_state": [before, target.value]},
        details={"state": target.value},
    )
    return order


@transaction.atomic
def change_tags(
    *,
    order_id: int,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    actor: Actor,
    now: datetime,
) -> Order:
    """Put tags on an order and take others off; the rest stay."""
    order = lock_order(order_id)
    names = set(order.tags.values_list("name", flat=True)) - set(remove)
    return set_tags(order_id=order.id, names=[*names, *add], actor=actor, now=now)
