"""A bulk change is taken back exactly, for 24 hours, but for what somebody changed since."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from crm.accounts.models import User
from crm.audit.actor import Actor
from crm.jobs.actions import JobRefused, start_job, stop_job
from crm.jobs.models import Job, JobRow, JobState
from crm.jobs.run import run_job
from crm.jobs.undo import preview_undo, refuse_undo, start_undo
from crm.shell.models import Notification
from inventory.selectors.books import check_books
from orders.actions.assign import assign_manager
from orders.actions.edit import edit_order
from orders.actions.move import move_order
from orders.actions.notes import add_note
from orders.actions.picking import set_picked
from orders.bulk.snapshot import take_snapshots
from orders.edits import OrderEdit
from orders.models import (
    CancelReason,
    Order,
    OrderTag,
    OrderTransition,
    PickItem,
    PickList,
    PickListState,
    Status,
)
from orders.pipeline import Stage
from tests.fixtures.cast import hire
from tests.orders.conftest import SYSTEM, bring_to_packed, settle
from tests.orders.lists import NOW, put, stock

DAY = timedelta(hours=24)


@pytest.fixture(autouse=True)
def _goods(shop):
    stock()


def run(kind, change, orders, member):
    """Do a bulk change now and return its job."""
    selection = {"ids": [o.pk for o in orders], "query": None, "left_out": []}
    job = start_job(
        kind=f"orders.{kind}",
        params={"change": change, "selection": selection},
        member=member,
        now=timezone.now(),
        expected=len(orders),
    )
    run_job(job_id=job.pk)
    job.refresh_from_db()
    return job


def undo(job, member):
    later = start_undo(job_id=job.pk, member=member, now=timezone.now())
    run_job(job_id=later.pk)
    later.refresh_from_db()
    return later


def rows(orders):
    """The orders as the database has them, but for what every save counts."""
    found = take_snapshots([order.pk for order in orders])
    return {
        pk: {k: v for k, v in s.values.items() if k not in {"version", "updated_at"}}
        for pk, s in found.items()
    }


def status_of(stage):
    return Status.objects.get(stage=stage, is_default=True)


CHANGES = {
    "agree": lambda m: ("move", {"status": status_of(Stage.AGREED).pk}),
    "pick": lambda m: ("move", {"status": status_of(Stage.PICKING).pk}),
    "assign": lambda m: ("assign", {"manager": m.pk}),
    "nobody": lambda m: ("assign", {"manager": None}),
    "tag": lambda m: ("tag", {"add": ["new"], "remove": ["old"]}),
    "day": lambda m: ("field", {"field": "ship_date", "value": "2026-03-09"}),
    "no day": lambda m: ("field", {"field": "ship_date", "value": None}),
    "comment": lambda m: ("field", {"field": "manager_comment", "value": "Call"}),
    "payment": lambda m: ("field", {"field": "payment_method", "value": "transfer"}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_row_is_again_exactly_as_it_was(name, manager, owner):
    orders = [put(60), put(50), settle(put(40)), settle(put(30), ship_date=date(2026, 3, 4))]
    for order in orders[:2]:
        edit = {"delivery_method": "pickup", "payment_method": "cod", "ship_date": date(2026, 3, 3)}
        edit_order(order_id=order.pk, edit=OrderEdit(edit), actor=SYSTEM, now=NOW)
    Order.objects.filter(pk=orders[1].pk).update(manager=owner, manager_comment="Before")
    for order in orders[::2]:
        OrderTag.objects.create(order=order, name="old")
    before = rows(orders)

    job = run(*CHANGES[name](manager), orders, manager)
    changed = rows(orders)
    later = undo(job, manager)

    touched = [pk for pk in before if before[pk] != changed[pk]]
    assert touched
    assert (later.done, later.failed) == (len(touched), 0)
    assert rows(orders) == before
    assert check_books().faults == []
    assert JobRow.objects.filter(job=job, undone_at__isnull=False).count() == len(touched)


def test_what_is_put_back_stands_in_the_history(manager):
    User.objects.filter(pk=manager.user_id).update(language="en")
    order = settle(put(40))
    job = run("move", {"status": status_of(Stage.PICKING).pk}, [order], manager)
    assert PickList.objects.get().state == PickListState.OPEN
    undo(job, manager)
    moves = OrderTransition.objects.filter(order=order).order_by("id")
    last = moves.last()
    assert (last.from_stage, last.to_stage) == (Stage.PICKING, Stage.AGREED)
    assert (last.reason, last.actor_label) == ("Undone", manager.display_name)
    assert moves.count() == 4
    assert PickList.objects.get().state == PickListState.CANCELLED


# --- Changed since -------------------------------------------------------------------------------


def test_rows_changed_since_stay_and_are_named(manager, owner):
    orders = [put(60), put(50), put(40), put(30)]
    job = run("assign", {"manager": manager.pk}, orders, owner)
    other = hire(manager.tenant, "manager", name="Інна Інша")
    edit_order(
        order_id=orders[1].pk,
        edit=OrderEdit({"customer_comment": "Hello"}),
        actor=Actor.member(other),
        now=timezone.now(),
    )
    assign_manager(
        order_id=orders[2].pk, manager_id=None, actor=Actor.member(manager), now=timezone.now()
    )
    changed = rows(orders)

    preview = preview_undo(job)
    later = undo(job, owner)

    kept = {r.label: r.message for r in JobRow.objects.filter(job=later, ok=False)}
    assert set(kept) == {"№2", "№3"}
    assert "Інна Інша" in kept["№2"]
    assert manager.display_name in kept["№3"]
    assert (preview.back, sum(reason.count for reason in preview.kept)) == (2, 2)
    assert {reason.text for reason in preview.kept} == set(kept.values())
    assert rows(orders[1:3]) == {o.pk: changed[o.pk] for o in orders[1:3]}
    assert {o.manager_id for o in Order.objects.filter(pk__in=[orders[0].pk, orders[3].pk])} == {
        None
    }


def test_a_note_and_a_change_that_was_changed_back_are_no_change(manager):
    order, other = put(60), put(50)
    job = run("tag", {"add": ["x"]}, [order, other], manager)
    add_note(order_id=order.pk, text="Called", actor=SYSTEM, now=timezone.now())
    second = run("assign", {"manager": manager.pk}, [other], manager)
    assert undo(second, manager).done == 1
    later = undo(job, manager)
    assert (later.done, later.failed) == (2, 0)
    assert not OrderTag.objects.exists()


def test_a_picker_who_has_begun_is_a_change(manager, picker):
    begun, waiting = settle(put(60)), settle(put(50))
    job = run("move", {"status": status_of(Stage.PICKING).pk}, [begun, waiting], manager)
    item = PickItem.objects.get(pick_list__order=begun)
    set_picked(
        pick_list_id=item.pick_list_id,
        item_id=item.pk,
        picked=1,
        actor=Actor.member(picker),
        now=timezone.now(),
    )
    later = undo(job, manager)
    assert [(r.label, r.ok) for r in JobRow.objects.filter(job=later).order_by("position")] == [
        ("№1", False),
        ("№2", True),
    ]
    assert picker.display_name in JobRow.objects.get(job=later, ok=False).message
    assert Order.objects.get(pk=begun.pk).stage == Stage.PICKING
    assert Order.objects.get(pk=waiting.pk).stage == Stage.AGREED


def test_rows_that_stayed_can_be_put_back_once_they_are_as_they_were(manager):
    order = put(60)
    job = run("tag", {"add": ["x"]}, [order], manager)
    assign_manager(order_id=order.pk, manager_id=manager.pk, actor=SYSTEM, now=timezone.now())
    assert undo(job, manager).failed == 1
    assert OrderTag.objects.count() == 1
    assign_manager(order_id=order.pk, manager_id=None, actor=SYSTEM, now=timezone.now())
    assert undo(job, manager).done == 1
    assert not OrderTag.objects.exists()
    assert refuse_undo(job, member=manager, now=timezone.now()) == "nothing_to_undo"


# --- What can't be taken back ---------------------------------------------------------------------


@pytest.mark.parametrize("stage", [Stage.CANCELLED, Stage.SHIPPED])
def test_what_the_pipeline_has_no_way_back_from_stays(stage, manager):
    order = bring_to_packed(put(60))
    change = {"status": status_of(stage).pk}
    if stage == Stage.CANCELLED:
        change["reason"] = CancelReason.objects.first().pk
    job = run("move", change, [order], manager)
    assert Order.objects.get(pk=order.pk).stage == stage
    assert refuse_undo(job, member=manager, now=timezone.now()) == "nothing_to_undo"
    with pytest.raises(JobRefused) as refusal:
        start_undo(job_id=job.pk, member=manager, now=timezone.now())
    assert refusal.value.code == "nothing_to_undo"
    assert check_books().faults == []


def test_it_is_there_for_24_hours_to_the_second(manager):
    job = run("tag", {"add": ["x"]}, [put()], manager)
    end = job.finished_at + DAY
    assert refuse_undo(job, member=manager, now=end) == ""
    assert refuse_undo(job, member=manager, now=end + timedelta(seconds=1)) == "too_late"


def test_only_who_may_do_it_may_take_it_back(manager, owner, warehouse_lead):
    job = run("assign", {"manager": manager.pk}, [put()], owner)
    assert refuse_undo(job, member=manager, now=timezone.now()) == ""
    assert refuse_undo(job, member=warehouse_lead, now=timezone.now()) == "forbidden"


def test_a_stopped_job_takes_back_what_it_did(manager):
    job = run("tag", {"add": ["x"]}, [put()], manager)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, finished_at=None)
    job.refresh_from_db()
    assert refuse_undo(job, member=manager, now=timezone.now()) == "still_running"
    stop_job(job_id=job.pk, actor=SYSTEM, now=timezone.now())
    assert undo(job, manager).done == 1
    assert not OrderTag.objects.exists()


def test_who_lost_the_right_does_nothing_more(manager, owner):
    order = put()
    selection = {"ids": [order.pk], "query": None, "left_out": []}
    job = start_job(
        kind="orders.tag",
        params={"change": {"add": ["x"]}, "selection": selection},
        member=manager,
        now=timezone.now(),
        expected=1,
    )
    manager.role = "picker"
    manager.save(update_fields=["role"])
    run_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.error, job.done) == (JobState.FAILED, "forbidden", 0)
    assert not OrderTag.objects.exists()


# --- Beside ---------------------------------------------------------------------------------------


def test_a_manager_is_told_once_of_many_orders(manager, owner):
    run("assign", {"manager": manager.pk}, [put(30), put(20), put(10)], owner)
    note = Notification.objects.get()
    assert (note.member, note.kind, note.params) == (
        manager,
        "orders.assigned",
        {"count": 3, "who": owner.display_name},
    )


def test_one_press_more_does_not_undo_twice(manager):
    job = run("tag", {"add": ["x"]}, [put()], manager)
    start_undo(job_id=job.pk, member=manager, now=timezone.now())
    with pytest.raises(JobRefused) as refusal:
        start_undo(job_id=job.pk, member=manager, now=timezone.now())
    assert refusal.value.code == "being_undone"


def test_the_pages_tell_and_do_it(client_of, manager):
    order = put()
    job = run("tag", {"add": ["x"]}, [order], manager)
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    page = client.get(f"/shop/jobs/{job.pk}/").text
    assert f'href="/shop/jobs/{job.pk}/undo/" data-panel' in page
    assert "1 row can be put back as it was" in page
    assert "1 row goes back to what it was" in client.get(f"/shop/jobs/{job.pk}/undo/?panel=1").text
    answer = client.post(f"/shop/jobs/{job.pk}/undo/")
    later = Job.objects.get(undoes=job)
    assert answer["Location"] == f"/shop/jobs/{later.pk}/"
    run_job(job_id=later.pk)
    assert not OrderTag.objects.exists()
    page = client.get(f"/shop/jobs/{job.pk}/").text
    assert "Put back" in page
    assert f'href="/shop/jobs/{later.pk}/"' in page
    assert "data-panel" not in page


def test_a_move_that_was_undone_by_hand_needs_no_undo(manager):
    order = settle(put(40))
    job = run("move", {"status": status_of(Stage.PICKING).pk}, [order], manager)
    move_order(order_id=order.pk, target=Stage.AGREED, actor=SYSTEM, now=timezone.now())
    later = undo(job, manager)
    assert (later.done, later.failed) == (0, 1)
    assert Order.objects.get(pk=order.pk).stage == Stage.AGREED
