"""Many orders at once: one job, one outcome for each order; and the test order."""

import random
import re

import pytest
from django.urls import reverse

from crm.jobs.models import Job, JobRow
from crm.jobs.run import run_job
from crm.shell.palette import find_groups
from crm.shell.sidebar import SidebarCount, SidebarLink
from inventory.models import Variant
from orders.actions.sample import place_sample_order
from orders.errors import InvalidOrder, UnknownChannel
from orders.models import CancelReason, Channel, Order, OrderTag, Status
from orders.pipeline import Stage
from orders.search import index_order
from orders.web.sidebar import count_for_sidebar
from tests.orders.conftest import SYSTEM, settle
from tests.orders.lists import NOW, in_stage, put, stock

BULK = "/shop/orders/bulk/"


@pytest.fixture(autouse=True)
def _goods(shop):
    stock()


@pytest.fixture
def browser(client_of, manager):
    client = client_of(manager)
    client.cookies["kram_language"] = "en"
    return client


def run_last():
    job = Job.objects.order_by("-id").first()
    run_job(job_id=job.pk)
    job.refresh_from_db()
    return job


def outcomes(job):
    return list(JobRow.objects.filter(job=job).order_by("position").values_list("label", "ok"))


# --- Bulk ----------------------------------------------------------------------------------------


def test_orders_are_moved_and_the_refused_say_why(browser):
    ready, bare = settle(put(20)), put(10)
    agreed = Status.objects.get(stage=Stage.PICKING)

    started = browser.post(BULK, {"do": "move", "status": agreed.pk, "orders": [ready.pk, bare.pk]})
    assert 'data-live="jobs:' in started.text
    job = run_last()

    assert outcomes(job) == [("№1", True), ("№2", False)]
    assert (job.done, job.failed) == (1, 1)
    assert Stage(Order.objects.get(pk=ready.pk).stage) == Stage.PICKING
    assert Stage(Order.objects.get(pk=bare.pk).stage) == Stage.NEW
    report = browser.get(f"{BULK}{job.pk}/").text
    assert "1 order done, 1 not" in report
    assert 'href="/shop/orders/2/" data-panel' in report
    assert "data-live" not in report


def test_orders_are_cancelled_for_a_reason(browser):
    first, second = put(20), put(10)
    reason = CancelReason.objects.first()

    browser.post(BULK, {"do": "cancel", "reason": reason.pk, "orders": [first.pk, second.pk]})
    run_last()

    orders = Order.objects.filter(pk__in=[first.pk, second.pk])
    assert {(o.stage, o.cancel_reason_id) for o in orders} == {(Stage.CANCELLED, reason.pk)}


def test_orders_are_given_to_a_manager_and_to_nobody(browser, manager):
    first, second = put(20), put(10)

    browser.post(BULK, {"do": "assign", "manager": manager.pk, "orders": [first.pk, second.pk]})
    run_last()
    assert set(Order.objects.values_list("manager_id", flat=True)) == {manager.pk}

    browser.post(BULK, {"do": "assign", "manager": "", "orders": [first.pk]})
    run_last()
    assert set(Order.objects.values_list("pk", "manager_id")) == {
        (first.pk, None),
        (second.pk, manager.pk),
    }


def test_tags_are_put_on_and_taken_off_and_others_stay(browser):
    order = put()
    OrderTag.objects.create(order=order, name="VIP")

    browser.post(BULK, {"do": "tag", "tag": " urgent ", "orders": [order.pk]})
    run_last()
    assert set(order.tags.values_list("name", flat=True)) == {"VIP", "urgent"}

    browser.post(BULK, {"do": "untag", "tag": "VIP", "orders": [order.pk]})
    run_last()
    assert set(order.tags.values_list("name", flat=True)) == {"urgent"}


def test_all_that_the_filters_find_are_taken(browser, manager):
    for ago in (30, 20):
        put(ago)
    put(10, **in_stage(Stage.AGREED))

    browser.post(
        BULK, {"do": "assign", "manager": manager.pk, "all": "1", "query": "stage=new&after=1_1"}
    )
    job = run_last()

    assert [label for label, _ok in outcomes(job)] == ["№1", "№2"]
    assert Order.objects.filter(manager=manager).count() == 2


def test_nothing_ticked_starts_nothing(browser, manager):
    response = browser.post(BULK, {"do": "assign", "manager": manager.pk})
    assert response.status_code == 204
    assert "Choose at least one order." in response["HX-Trigger"]
    assert not Job.objects.exists()


def test_what_a_role_may_not_do_one_by_one_it_may_not_in_bulk(
    browser, client_of, analyst, warehouse_lead, neighbour_owner, manager
):
    order = put()
    agreed = Status.objects.get(stage=Stage.AGREED).pk
    reason = CancelReason.objects.first().pk
    asks = {
        "move": {"do": "move", "status": agreed},
        "cancel": {"do": "cancel", "reason": reason},
        "assign": {"do": "assign", "manager": manager.pk},
        "tag": {"do": "tag", "tag": "x"},
    }
    allowed = {analyst: set(), warehouse_lead: {"move"}, manager: set(asks)}
    for member, verbs in allowed.items():
        client = client_of(member)
        for verb, data in asks.items():
            response = client.post(BULK, {**data, "orders": [order.pk]})
            assert response.status_code == (200 if verb in verbs else 403), (member.role, verb)
    stranger = client_of(neighbour_owner)
    assert stranger.post(BULK, {**asks["tag"], "orders": [order.pk]}).status_code == 404
    assert browser.post(BULK, {"do": "nonsense", "orders": [order.pk]}).status_code == 404


# --- The test order ------------------------------------------------------------------------------


def test_a_test_order_is_like_a_real_one_and_says_that_it_is_not(browser):
    response = browser.post("/shop/orders/sample/", headers={"HX-Request": "true"})

    order = Order.objects.get()
    assert "№1" in response["HX-Trigger"].encode().decode("unicode_escape")
    assert (order.stage, order.channel.code) == (Stage.NEW, "site")
    assert order.lines.get().sku == "TEA"
    assert order.total > 0
    assert order.customer.contacts.get().value == order.recipient_phone
    assert re.fullmatch(r"\+380\d{9}", order.recipient_phone)
    assert not order.has_problems
    assert [tag.name for tag in order.tags.all()] == ["тест"] or [
        tag.name for tag in order.tags.all()
    ] == ["test"]


def test_many_test_orders_are_all_without_a_problem():
    stock("CUP", product="Чашка")
    for seed in range(30):
        place_sample_order(actor=SYSTEM, now=NOW, chance=random.Random(seed))
    assert Order.objects.filter(has_problems=False).count() == 30
    assert Order.objects.values("delivery_city").distinct().count() > 3


def test_without_goods_or_channels_it_says_so(browser):
    Variant.objects.update(is_active=False)
    with pytest.raises(InvalidOrder):
        place_sample_order(actor=SYSTEM, now=NOW)
    response = browser.post("/shop/orders/sample/", headers={"HX-Request": "true"})
    assert "There are no goods to order yet" in response["HX-Trigger"]
    Variant.objects.update(is_active=True)
    Channel.objects.update(is_active=False)
    with pytest.raises(UnknownChannel):
        place_sample_order(actor=SYSTEM, now=NOW)
    assert not Order.objects.exists()


def test_who_neither_creates_orders_nor_connects_stores_sends_none(client_of, analyst, picker):
    for member in (analyst, picker):
        assert client_of(member).post("/shop/orders/sample/").status_code == 403
    assert not Order.objects.exists()


# --- The shell -----------------------------------------------------------------------------------


def test_the_sidebar_counts_open_stages(rf, manager, picker, django_assert_num_queries):
    put(20)
    put(10, **in_stage(Stage.SHIPPED))
    request = rf.get("/")
    request.membership = manager
    count_for_sidebar(request)  # the company's address is read once and kept

    with django_assert_num_queries(3):  # the stages, and that there are no views
        items = count_for_sidebar(request)

    assert items[0] == SidebarCount("orders", 1, loud=True)
    links = [(item.url, item.count) for item in items if isinstance(item, SidebarLink)]
    assert links[0] == ("/shop/orders/?stage=new", 1)
    assert links[-1] == ("/shop/orders/?stage=shipped", 1)
    request.membership = picker
    assert count_for_sidebar(request) == []


def test_the_palette_finds_orders(rf, manager, picker):
    order = put(phone="+380671112233")
    index_order(order.pk)
    request = rf.get("/")

    def found(query, member):
        request.membership = member
        groups = find_groups(query, request)
        return [item.url for _label, items in groups for item in items if item.panel]

    card = reverse("orders:detail", kwargs={"company": "shop", "number": 1})
    for query in ("1", "067 111 22 33", "олена", "tea"):
        assert card in found(query, manager), query
    assert card not in found("олена", picker)
    assert card not in found("зеновій", manager)
