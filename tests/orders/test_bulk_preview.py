"""What a bulk change would do is said beforehand, by reason, and is what then happens."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.accounts.models import User
from crm.jobs.models import Job, JobRow
from crm.jobs.run import run_job
from orders.bulk.readiness import find_missing
from orders.guards import missing_by_rules, missing_for
from orders.models import CancelReason, Order, OrderTag, Parcel, PickItem, PickList, Status
from orders.pipeline import Stage
from tests.orders.conftest import bring_to_packed, bring_to_picking, settle
from tests.orders.lists import in_stage, put, stock

BULK = "/shop/orders/bulk/"
PREVIEW = f"{BULK}preview/"


@pytest.fixture(autouse=True)
def _goods(shop):
    stock()


@pytest.fixture
def browser(client_of, owner):
    # Theirs, not the browser's alone: a job says its reasons in the language of who started it.
    User.objects.filter(pk=owner.user_id).update(language="en")
    client = client_of(owner)
    client.cookies["kram_language"] = "en"
    return client


def status_of(stage):
    return Status.objects.get(stage=stage, is_default=True)


def said(response):
    """The preview as plain text."""
    assert response.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.text)))


def ask(browser, orders, **data):
    return browser.post(PREVIEW, {**data, "orders": [order.pk for order in orders]})


def test_it_counts_what_will_move_what_is_there_and_what_can_not(browser):
    ready, bare = [settle(put(60 + n)) for n in range(2)], [put(30 + n) for n in range(3)]
    there = bring_to_picking(put(20))
    picking = status_of(Stage.PICKING)
    orders = [*ready, *bare, there]

    response = ask(browser, orders, do="move", status=picking.pk)
    text = said(response)

    assert "2 orders will change" in text
    assert "1 is so already" in text
    assert "3 can’t, because:" in text
    assert "3 · The order can’t go there from where it is." in text
    for order in bare:
        assert f'href="/shop/orders/{order.number}/"' in response.text
    assert "It can be taken back for 24 hours." in text
    assert not Job.objects.exists()
    assert Order.objects.filter(stage=Stage.PICKING).count() == 1


@pytest.mark.parametrize(
    "target", [Stage.AGREED, Stage.PICKING, Stage.PACKED, Stage.SHIPPED, Stage.CANCELLED]
)
def test_the_preview_says_what_the_job_then_does(browser, target):
    """Orders of every stage, ready and not: verdict by verdict as the actions decide."""
    orders = [put(90), put(80, recipient_phone=""), settle(put(70)), settle(put(65))]
    Order.objects.filter(pk=orders[3].pk).update(payment_method="card")
    picking, done = bring_to_picking(put(50)), bring_to_picking(put(40))
    PickItem.objects.filter(pick_list__order=done).update(picked=1)
    asked = bring_to_picking(put(35))
    PickList.objects.filter(order=asked).update(state="short", question="?")
    packed, bare = bring_to_packed(put(30)), bring_to_packed(put(20))
    Parcel.objects.filter(order=bare).delete()
    orders += [picking, done, asked, packed, bare]
    data = {"do": "move", "status": status_of(target).pk}
    if target == Stage.CANCELLED:
        data = {"do": "cancel", "reason": CancelReason.objects.first().pk}

    text = said(ask(browser, orders, **data))
    browser.post(BULK, {**data, "orders": [order.pk for order in orders]})
    job = Job.objects.get()
    run_job(job_id=job.pk)
    job.refresh_from_db()

    rows = JobRow.objects.filter(job=job)
    same = rows.filter(message="Was so already.").count()
    will = job.done - same
    assert f"{will} order" in text
    assert (f"{same} is so" in text or f"{same} are so" in text) == (same > 0)
    assert (f"{job.failed} can’t, because:" in text) == (job.failed > 0)
    for message in set(rows.filter(ok=False).values_list("message", flat=True)):
        assert message in text
    final = rows.filter(message="This can’t be taken back.").count()
    assert ("can’t be taken back afterwards" in text) == (final > 0)
    assert will > 0


def test_readiness_in_bulk_agrees_with_the_guards_one_by_one():
    orders = [put(90), settle(put(70)), bring_to_picking(put(50)), bring_to_packed(put(30))]
    OrderTag.objects.create(order=orders[1], name="VIP")
    for status in Status.objects.all():
        status.required = ["has_tags", "has_tracking_number", "has_manager", "is_paid"]
        status.save(update_fields=["required"])
        fresh = [Order.objects.select_related("status").get(pk=o.pk) for o in orders]
        found = find_missing(fresh, status)
        for order in fresh:
            if order.status_id == status.pk:
                assert order.pk not in found
                continue
            stage = Stage(status.stage)
            own = missing_for(order, stage) if order.stage != stage else []
            expected = set(own) | set(missing_by_rules(order, status))
            assert set(found.get(order.pk, ())) == expected, (order.stage_word, status.name)


def test_a_cancellation_says_that_it_stays(browser, owner):
    order = put()
    reason = CancelReason.objects.first()
    text = said(ask(browser, [order], do="cancel", reason=reason.pk))
    assert "1 of them can’t be taken back afterwards" in text
    assert "taken back for 24 hours" not in text
    assert reason.name in text


def test_fields_of_what_has_left_or_is_being_picked_stay(browser):
    orders = [put(30), bring_to_picking(put(20)), put(10, **in_stage(Stage.DELIVERED))]
    text = said(ask(browser, orders, do="field", field="ship_date", value="2026-03-05"))
    assert "1 order will change" in text
    assert "1 · The warehouse has this order: ask for the change." in text
    assert "1 · The order has left or is cancelled: its content stays." in text
    # A comment may be written whatever the warehouse does.
    text = said(ask(browser, orders, do="field", field="manager_comment", value="Call first"))
    assert "3 orders will change" in text


def test_it_costs_the_same_however_many_orders(browser):
    def cost():
        data = {"do": "move", "status": status_of(Stage.PACKED).pk, "all": "1", "query": ""}
        browser.post(PREVIEW, data)
        with CaptureQueriesContext(connection) as queries:
            assert browser.post(PREVIEW, data).status_code == 200
        return len(queries)

    put(90)
    bring_to_picking(put(80))
    few = cost()
    for ago in range(8):
        put(ago)
    assert cost() == few


def test_orders_out_of_sight_are_not_counted(client_of, manager, owner):
    mine, other = put(20, manager_id=manager.pk), put(10, manager_id=owner.pk)
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    ticked = {"do": "tag", "tag": "x", "orders": [mine.pk, other.pk]}
    assert "2 orders will change" in said(client.post(PREVIEW, ticked))
    manager.own_scope = {
        "reach": "own", "unassigned": False, "channels": [], "warehouses": [], "stages": [],
    }  # fmt: skip
    manager.save(update_fields=["own_scope"])
    text = client.post(PREVIEW, ticked)
    assert "1 order will change" in said(text)
    assert f"№{other.number}" not in text.text
    client.post(BULK, ticked)
    run_job(job_id=Job.objects.get().pk)
    assert list(OrderTag.objects.values_list("order_id", flat=True)) == [mine.pk]


def test_too_many_is_said_before_anything_starts(browser, monkeypatch):
    for ago in range(3):
        put(ago)
    for module in ("orders.bulk.preview", "orders.bulk.selection", "crm.jobs.actions"):
        monkeypatch.setattr(f"{module}.MAX_ROWS", 2)
    data = {"do": "tag", "tag": "x", "all": "1", "query": ""}
    response = browser.post(PREVIEW, data)
    assert "Too many at once" in said(response)
    assert 'type="submit"' not in response.text
    assert browser.post(BULK, data).status_code == 204
    assert not Job.objects.exists()
