"""The picker's work: lists are made, ticked, questioned, answered and handed on."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from crm.accounts.models import Membership
from crm.accounts.permissions import Permission, Role
from crm.audit.actor import Actor
from crm.audit.record import record
from inventory.models import Reservation, ReservationState
from orders import events
from orders.actions._common import lock_order, save_order
from orders.errors import InvalidOrder, NotPending, OrderNotFound
from orders.models import LIVE_LISTS, Order, OrderLine, PickItem, PickList, PickListState
from orders.pipeline import Stage
from orders.selectors.visible import read_facts

PICKERS = (Role.PICKER, Role.WAREHOUSE_LEAD)


def make_pick_list(*, order: Order, now: datetime) -> PickList:
    """Make the checklist of a locked order and give it to the least loaded picker."""
    cells = _cells_of(order)
    pick_list = PickList.objects.create(
        order_id=order.id, picker_id=_least_loaded_picker(order), created_at=now
    )
    PickItem.objects.bulk_create(
        [
            PickItem(
                pick_list_id=pick_list.id,
                line_id=line.id,
                position=line.position,
                quantity=line.quantity,
                cell=cells[line.id],
            )
            for line in order.lines.all()
        ]
    )
    return pick_list


def follow_lines(
    *, order: Order, lines: Sequence[OrderLine], swapped: Collection[int] = ()
) -> None:
    """Bring the live checklist in step with the lines. What was ticked stays ticked, except where
    a line asks for other goods now (`swapped`): those are still on their shelf."""
    pick_list = order.pick_lists.filter(state__in=LIVE_LISTS).first()
    if pick_list is None:
        return
    present = {item.line_id: item for item in pick_list.items.all()}
    pick_list.items.all().delete()
    cells = _cells_of(order)
    items = []
    for line in lines:
        old = None if line.id in swapped else present.get(line.id)
        items.append(
            PickItem(
                pick_list_id=pick_list.id,
                line_id=line.id,
                position=line.position,
                quantity=line.quantity,
                picked=min(old.picked, line.quantity) if old else 0,
                cell=old.cell if old else cells[line.id],
            )
        )
    PickItem.objects.bulk_create(items)


def reopen_pick_list(*, order: Order) -> None:
    """Take up again the checklist by which a locked order was packed."""
    done = order.pick_lists.filter(state=PickListState.DONE).order_by("-id").first()
    if done is not None:
        done.state, done.finished_at = PickListState.OPEN, None
        done.save(update_fields=["state", "finished_at"])


def _cells_of(order: Order) -> dict[int, str]:
    """Where the goods held for each line lie. One query."""
    cells: dict[int, str] = defaultdict(str)
    held = Reservation.objects.filter(
        demand_id=order.demand_id, state=ReservationState.HELD
    ).select_related("stock_item")
    for row in held:
        cells[row.line] = cells[row.line] or (row.stock_item.cell if row.stock_item else "")
    return cells


def cancel_pick_list(*, order: Order, now: datetime) -> None:
    """End the live checklist of a locked order, if there is one."""
    order.pick_lists.filter(state__in=LIVE_LISTS).update(
        state=PickListState.CANCELLED, finished_at=now
    )


def _least_loaded_picker(order: Order) -> int | None:
    # The candidates are locked, so that lists made in one moment don't all go to one picker.
    candidates = list(
        Membership.objects.filter(
            Q(role__in=PICKERS) | Q(granted__contains=[Permission.PICKING_WORK]), is_active=True
        )
        .order_by("id")
        .select_for_update(no_key=True)
    )
    candidates = [member for member in candidates if _would_see(member, order)]
    leads = [m.pk for m in candidates if m.can(Permission.PICKING_MANAGE)]
    pickers = [m.pk for m in candidates if m.pk not in leads] or leads
    if not pickers:
        return None
    loads = dict(
        PickList.objects.filter(picker_id__in=pickers, state__in=LIVE_LISTS)
        .values_list("picker_id")
        .annotate(n=Count("id"))
    )
    return min(pickers, key=lambda i: (loads.get(i, 0), i))


def _would_see(member: Membership, order: Order) -> bool:
    """Tell whether a picker's scope shows the order once it is theirs to pick."""
    if member.sight is None:
        return True
    (facts,) = read_facts(Order.objects.filter(pk=order.pk))
    return member.sight.shows(
        replace(facts, stage=Stage.PICKING, pickers=facts.pickers | {member.pk})
    )


@transaction.atomic
def set_picked(
    *, pick_list_id: int, item_id: int, picked: int, actor: Actor, now: datetime
) -> PickItem:
    """Say how many units of a line have been taken. Saying the same again changes nothing."""
    pick_list, _order = _lock_list(pick_list_id)
    if pick_list.state not in LIVE_LISTS:
        raise NotPending
    item = PickItem.objects.filter(pick_list_id=pick_list.id, id=item_id).first()
    if item is None:
        raise InvalidOrder("unknown_line", field="item")
    if not 0 <= picked <= item.quantity:
        raise InvalidOrder("quantity_out_of_range", field="picked", limit=item.quantity)
    if item.picked != picked:
        item.picked = picked
        item.save(update_fields=["picked"])
        record(
            events.PICK_PROGRESS,
            pick_list,
            actor=actor,
            now=now,
            details={"order_id": pick_list.order_id, "line_id": item.line_id, "picked": picked},
        )
    return item


@transaction.atomic
def ask_manager(*, pick_list_id: int, question: str, actor: Actor, now: datetime) -> PickList:
    """A short pick: the list waits until the manager has answered."""
    pick_list, order = _lock_list(pick_list_id)
    if pick_list.state == PickListState.SHORT and pick_list.question == question:
        return pick_list
    if pick_list.state not in LIVE_LISTS:
        raise NotPending
    if not question.strip():
        raise InvalidOrder("required", field="question")
    pick_list.state = PickListState.SHORT
    pick_list.question = question.strip()[:300]
    pick_list.save(update_fields=["state", "question"])
    save_order(order, [], now=now)
    record(
        events.PICK_QUESTION,
        order,
        actor=actor,
        now=now,
        details={"pick_list_id": pick_list.id, "question": pick_list.question},
    )
    return pick_list


@transaction.atomic
def answer_picker(*, pick_list_id: int, answer: str, actor: Actor, now: datetime) -> PickList:
    """The manager's answer; the list can be worked on again."""
    pick_list, order = _lock_list(pick_list_id)
    if pick_list.state == PickListState.OPEN:
        return pick_list
    if pick_list.state != PickListState.SHORT:
        raise NotPending
    pick_list.state = PickListState.OPEN
    pick_list.save(update_fields=["state"])
    save_order(order, [], now=now)
    record(
        "order.pick_answered",
        order,
        actor=actor,
        now=now,
        details={"pick_list_id": pick_list.id, "answer": answer.strip()[:300]},
    )
    return pick_list


@transaction.atomic
def take_pick_list(
    *,
    pick_list_id: int,
    picker_id: int | None,
    actor: Actor,
    now: datetime,
    only_free: bool = False,
) -> PickList:
    """Give a list to a picker, or to nobody. `only_free`: NotPending where another has it."""
    pick_list, order = _lock_list(pick_list_id)
    if pick_list.picker_id == picker_id:
        return pick_list
    if only_free and pick_list.picker_id is not None:
        raise NotPending
    allowed = Q(id=picker_id, is_active=True)
    picker = Membership.objects.filter(allowed).first() if picker_id else None
    if picker_id and picker is None:
        raise InvalidOrder("unknown_member", field="picker")
    before = pick_list.picker.display_name if pick_list.picker else None
    pick_list.picker = picker
    pick_list.save(update_fields=["picker"])
    record(
        "order.picker_changed",
        order,
        actor=actor,
        now=now,
        changes={"picker": [before, picker.display_name if picker else None]},
        details={"pick_list_id": pick_list.id},
    )
    return pick_list


def _lock_list(pick_list_id: int) -> tuple[PickList, Order]:
    """Lock the order first, as everybody does, then read its list."""
    order_id = PickList.objects.filter(id=pick_list_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise OrderNotFound
    order = lock_order(order_id)
    pick_list = PickList.objects.select_related("picker").get(id=pick_list_id)
    pick_list.order = order
    return pick_list, order
