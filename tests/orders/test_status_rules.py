"""The company's rules of statuses: who may follow whom, what must be filled, what is archived."""

from datetime import date, time
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from django.db import connections, transaction

from crm.jobs.models import Job
from crm.jobs.run import run_job
from crm.tenancy.context import tenant_scope
from orders import guards
from orders.actions import _common
from orders.actions import configure_statuses as configure
from orders.actions.clock import start_due_picking
from orders.actions.edit import edit_order
from orders.actions.move import move_order
from orders.actions.transition import agree_order
from orders.edits import OrderEdit
from orders.errors import InvalidOrder
from orders.missing import MISSING_TEXTS
from orders.models import Channel, Order, OrderTransition, Status
from orders.pipeline import MoveRefused, Stage
from tests.orders.conftest import AGREED, NOW, SYSTEM, bring_to_packed, make_member, place, settle

from .test_races import Rush, buy, split

BY: dict[str, Any] = {"actor": SYSTEM, "now": NOW}


def add(stage: Stage, name: str, **values: Any) -> Status:
    given = {"name": name, "color": "red", "icon": "phone", **values}
    return configure.add_status(stage=stage, values=given, **BY)


def go(order: Order, status: Status) -> Order:
    return move_order(order_id=order.pk, status_id=status.pk, **BY)


# --- What must be filled ---------------------------------------------------------------------

FILL: dict[str, dict[str, Any]] = {
    "has_recipient_name": {"recipient_name": "Ірина"},
    "has_recipient_phone": {"recipient_phone": "0671112233"},
    "has_delivery_method": {"delivery_method": "np_branch"},
    "has_delivery_city": {"delivery_city": "Київ"},
    "has_delivery_branch": {"delivery_branch": "№1"},
    "has_delivery_street": {"delivery_street": "Хрещатик, 1"},
    "has_payment_method": {"payment_method": "cod"},
    "has_ship_date": {"ship_date": date(2026, 3, 3)},
    "has_ship_interval": {"ship_from": time(10), "ship_till": time(12)},
    "has_manager_comment": {"manager_comment": "Перевірено"},
}


@pytest.mark.parametrize("code", FILL)
def test_a_status_asks_for_a_field(tea, code):
    target = add(Stage.NEW, "Перевірено", required=[code])
    order = place(("TEA", 1)).order
    # The buyer's name and phone came with the order.
    Order.objects.filter(pk=order.pk).update(recipient_name="", recipient_phone="")
    with pytest.raises(MoveRefused) as refused:
        go(order, target)
    assert refused.value.missing == (code,)
    order.refresh_from_db()
    assert order.status_id != target.pk
    edit_order(order_id=order.pk, edit=OrderEdit(FILL[code]), **BY)
    assert go(order, target).status_id == target.pk


def test_every_rule_has_words_and_all_of_the_order_are_tried():
    assert set(guards.RULES) <= set(MISSING_TEXTS)
    asked_elsewhere = {"has_manager", "is_paid", "is_answered", "has_tracking_number", "has_tags"}
    assert set(guards.RULES) == set(FILL) | asked_elsewhere


def test_whoever_moves_and_by_whatever_way_is_asked(tea):
    usual = Status.objects.get(stage=Stage.PICKING)
    configure.edit_status(status_id=usual.pk, values={"required": ["has_manager"]}, **BY)
    order = settle(place(("TEA", 1)).order, ship_date=NOW.date())
    assert start_due_picking(now=NOW) == 0
    order.refresh_from_db()
    assert order.stage == Stage.AGREED
    Order.objects.filter(pk=order.pk).update(manager=make_member())
    assert start_due_picking(now=NOW) == 1


def test_a_tracking_number_given_with_the_move_counts(tea):
    usual = Status.objects.get(stage=Stage.SHIPPED)
    configure.edit_status(status_id=usual.pk, values={"required": ["has_tracking_number"]}, **BY)
    order = bring_to_packed(place(("TEA", 1)).order)
    with pytest.raises(MoveRefused):
        move_order(order_id=order.pk, target=Stage.SHIPPED, **BY)
    moved = move_order(order_id=order.pk, target=Stage.SHIPPED, tracking_number="2045", **BY)
    assert moved.stage == Stage.SHIPPED


# --- Which may follow which ------------------------------------------------------------------


def test_only_ticked_moves_remain_and_an_empty_row_means_all(tea):
    called, waits = add(Stage.NEW, "Додзвонились"), add(Stage.NEW, "Чекає")
    new = Status.objects.get(stage=Stage.NEW, is_default=True)
    order = place(("TEA", 1)).order
    configure.set_moves(allowed={new.pk: [called.pk]}, **BY)
    with pytest.raises(MoveRefused) as refused:
        go(order, waits)
    assert refused.value.code == "move_not_allowed"
    order.refresh_from_db()
    assert order.status_id == new.pk
    # Not by its stage's own verb either.
    edit_order(order_id=order.pk, edit=OrderEdit(AGREED), **BY)
    with pytest.raises(MoveRefused):
        agree_order(order_id=order.pk, **BY)
    assert go(order, called).status_id == called.pk
    assert go(order, waits).status_id == waits.pk


def test_a_move_to_another_status_of_the_next_stage_is_one_step(tea):
    special = add(Stage.AGREED, "Передоплата")
    new = Status.objects.get(stage=Stage.NEW)
    configure.set_moves(allowed={new.pk: [special.pk]}, **BY)
    order = place(("TEA", 1)).order
    edit_order(order_id=order.pk, edit=OrderEdit(AGREED), **BY)
    assert go(order, special).status_id == special.pk
    steps = OrderTransition.objects.filter(order=order).order_by("id")
    assert list(steps.values_list("to_status_id", flat=True)) == [new.pk, special.pk]


def test_all_boxes_ticked_are_kept_as_none(tea):
    new = Status.objects.get(stage=Stage.NEW)
    every = [row.pk for row in Status.objects.all() if configure.can_follow(new, row)]
    configure.set_moves(allowed={new.pk: every}, **BY)
    new.refresh_from_db()
    assert new.next_ids == []
    configure.set_moves(allowed={new.pk: every[:1]}, **BY)
    new.refresh_from_db()
    assert new.next_ids == every[:1]


def test_the_rules_ask_the_database_nothing_but_for_parcels_and_tags(
    tea, django_assert_num_queries
):
    order = place(("TEA", 1)).order
    other = add(Stage.NEW, "Чекає")
    locked = _common.lock_order(order.pk)
    with django_assert_num_queries(0):
        guards.check_rules(locked, other)
    other.required = [*set(guards.RULES) - {"has_tracking_number", "has_tags"}]
    with django_assert_num_queries(0), pytest.raises(MoveRefused):
        guards.check_rules(locked, other)
    other.required = ["has_tags"]
    with django_assert_num_queries(1), pytest.raises(MoveRefused):
        guards.check_rules(locked, other)


# --- Archived while orders stand in it -------------------------------------------------------


def retire(status: Status, heir: Status, member: Any = None) -> Job | None:
    member = member or make_member("owner", name="Оксана")
    return configure.retire_status(status_id=status.pk, heir_id=heir.pk, member=member, now=NOW)[1]


def test_its_orders_go_to_the_heir_with_history(tea):
    old, heir = Status.objects.get(stage=Stage.NEW), add(Stage.NEW, "Свіжі")
    other = add(Stage.NEW, "Чекає")
    orders = [place(("TEA", n)).order for n in (1, 2)]
    configure.set_moves(allowed={other.pk: [old.pk]}, **BY)
    Channel.objects.update(first_status=old)
    # A rule of the heir doesn't keep the orders in a status that is gone.
    configure.edit_status(status_id=heir.pk, values={"required": ["has_manager"]}, **BY)
    job = retire(old, heir)
    assert job is not None
    run_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.total) == ("done", 1)
    for order in orders:
        order.refresh_from_db()
        assert (order.status_id, order.responded_at) == (heir.pk, None)
        last = OrderTransition.objects.filter(order=order).latest("id")
        assert (last.from_status_id, last.to_status_id, last.reason) == (old.pk, heir.pk, old.name)
    old.refresh_from_db()
    other.refresh_from_db()
    assert (old.is_active, old.is_default, other.next_ids) == (False, False, [heir.pk])
    assert place(("TEA", 3)).order.status_id == heir.pk
    with pytest.raises(InvalidOrder):
        go(orders[0], old)


def test_the_last_of_a_stage_stays_and_another_stage_inherits_nothing(tea):
    new, agreed = (Status.objects.get(stage=stage) for stage in (Stage.NEW, Stage.AGREED))
    with pytest.raises(InvalidOrder) as refused:
        retire(new, agreed)
    assert refused.value.code == "unknown_heir"
    new.refresh_from_db()
    assert new.is_active


def test_taken_back_into_use_the_job_leaves_the_rest(tea):
    old, heir = Status.objects.get(stage=Stage.NEW), add(Stage.NEW, "Свіжі")
    order = place(("TEA", 1)).order
    job = retire(old, heir)
    assert job is not None
    configure.restore_status(status_id=old.pk, **BY)
    run_job(job_id=job.pk)
    order.refresh_from_db()
    assert order.status_id == old.pk


# --- Races -----------------------------------------------------------------------------------


@pytest.fixture
def rush(transactional_db: None) -> Rush:
    return Rush()


def _prepare(rush: Rush) -> tuple[Status, Status, Any, list[Order]]:
    def work() -> Any:
        old, heir = add(Stage.NEW, "Старе"), add(Stage.NEW, "Свіжі")
        return old, heir, make_member("owner", name="Оксана")

    (tea,) = rush.stock(on_hand=200)
    placed, _refused = split(rush.all_at_once([buy(n, (tea, 1)) for n in range(20)]))
    old, heir, member = rush.run(work)
    return old, heir, member, [one.order for one in placed]


@pytest.mark.slow
def test_nobody_is_left_in_a_status_that_is_archived_in_the_rush(rush):
    """Moves into it, orders placed into it and its archiving, all at the same time."""
    old, heir, member, orders = _prepare(rush)
    rush.run(lambda: Channel.objects.update(first_status=old))
    works: list[Any] = [lambda order=order: go(order, old) for order in orders]
    works += [buy(100 + n, ("TEA-0", 1)) for n in range(20)]
    works.insert(20, lambda: retire(old, heir, member))
    results = rush.all_at_once(works)
    refused = [error for error in results if isinstance(error, Exception)]
    assert {type(error) for error in refused} <= {InvalidOrder}

    with tenant_scope(rush.tenant.pk):
        for pk in rush.run(lambda: list(Job.objects.values_list("pk", flat=True))):
            run_job(job_id=pk)
    assert rush.run(lambda: Order.objects.filter(status_id=old.pk).count()) == 0
    assert rush.run(Order.objects.count) == 40


def _race(rush: Rush) -> int:
    """One who has looked at the status and not yet moved, while it is archived; return how many
    orders stand in it when the job is done."""
    old, heir, member, orders = _prepare(rush)
    looked, archived = Signal(), Signal()

    def mover() -> None:
        with tenant_scope(rush.tenant.pk), transaction.atomic():
            order = _common.lock_order(orders[0].pk)
            target = _common.find_status(old.pk)
            looked.set()
            archived.wait(1)  # with the lock, it can't be: the archiving waits for us
            assert target is not None
            _common.move(order, target, **BY)
        connections.close_all()

    thread = Thread(target=mover)
    thread.start()
    looked.wait(10)
    job = rush.run(lambda: retire(old, heir, member))
    if job is not None:
        with tenant_scope(rush.tenant.pk):
            run_job(job_id=job.pk)
    archived.set()
    thread.join(10)
    return rush.run(lambda: Order.objects.filter(status_id=old.pk).count())


@pytest.mark.slow
def test_archiving_waits_for_who_is_on_the_way_in(rush):
    assert _race(rush) == 0


@pytest.mark.slow
def test_control_without_the_lock_an_order_is_left_behind(rush, monkeypatch):
    monkeypatch.setattr(_common, "_SHARED", "")
    assert _race(rush) == 1
