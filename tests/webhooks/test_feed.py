"""`GET /events`: in order, nothing skipped however late it commits, each caller their own."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.audit.actor import Actor
from crm.audit.record import record
from crm.outbox import drain as draining
from crm.outbox.drain import drain_tenant
from crm.tenancy.context import tenant_scope
from crm.webhooks.actions.publish import publish_events
from crm.webhooks.models import FeedEvent
from inventory.factories import make_variant
from orders.models import Channel
from tests.api.conftest import make_key, order_body

ACTOR = Actor.system("test")
both = pytest.mark.django_db(transaction=True, databases=["default", "system"])


@pytest.fixture
def happened(shop):
    """Have events recorded and published at once: happened("customer.created", n)."""

    def act(topic="company.changed", count=1):
        for _number in range(count):
            record(topic, shop, actor=ACTOR, now=timezone.now())
        publish(shop)

    return act


def publish(shop):
    drain_tenant(shop.pk)
    publish_events(now=timezone.now())


def test_a_reader_goes_on_from_the_cursor_and_misses_nothing(shop, happened):
    happened(count=5)
    api = make_key("events:read")
    seen, cursor = [], ""
    for _call in range(4):
        page = api.get(f"events?limit=3&cursor={cursor}" if cursor else "events?limit=3").json()
        seen += [row["sequence"] for row in page["results"]]
        cursor = page["cursor"]
        assert page["complete"]
    assert seen == sorted(set(seen))
    assert len(seen) >= 5
    assert page["next"] is None
    happened(count=2)
    page = api.get(f"events?cursor={cursor}").json()
    assert [row["type"] for row in page["results"]][-2:] == ["company.changed"] * 2
    assert min(row["sequence"] for row in page["results"]) > max(seen)


def test_next_leads_through_all_pages(shop, happened):
    happened(count=4)
    api = make_key("events:read")
    url, seen = "events?limit=2&types=company.changed", []
    while url:
        page = api.get(url).json()
        seen += page["results"]
        url = page["next"]
    assert len(seen) == 4
    assert {row["type"] for row in seen} == {"company.changed"}


def test_a_cursor_passes_over_what_does_not_fit(shop, happened):
    happened("company.changed", 3)
    api = make_key("events:read")
    first = api.get("events?types=customer.created").json()
    assert first["results"] == []
    happened("customer.created")
    page = api.get(f"events?types=customer.created&cursor={first['cursor']}").json()
    assert [row["type"] for row in page["results"]] == ["customer.created"]


def test_wrong_cursors_and_types_are_refused(shop):
    api = make_key("events:read")
    for cursor in ("x", "LTE", "MS41", "0LHQ"):
        assert api.get(f"events?cursor={cursor}").json()["code"] == "invalid_cursor", cursor
    assert api.get("events?types=order.eaten").status_code == 400
    assert api.get("events?cursor=MA").status_code == 200


def test_who_was_away_too_long_is_told(shop, happened):
    happened(count=3)
    api = make_key("events:read")
    cursor = api.get("events?limit=1").json()["cursor"]
    assert api.get(f"events?cursor={cursor}").json()["complete"]
    newest = FeedEvent.objects.order_by("-sequence").first()
    FeedEvent.objects.exclude(pk=newest.pk).delete()
    assert api.get(f"events?cursor={cursor}").json()["complete"] is False


def test_a_key_of_one_channel_is_told_of_its_orders_and_of_goods(shop, happened):
    make_variant("TEA-1", product="Чай", on_hand=10)
    Channel.objects.create(name="Market", code="market", kind="marketplace", currency="UAH")
    everything = make_key()
    for channel in ("site", "market"):
        everything.post("orders", order_body(channel=channel)).json()
    everything.post("customers", {"name": "Олена", "phone": "0501112233"})
    publish(shop)

    def seen(api):
        rows = api.get("events?limit=200").json()["results"]
        placed = [r["data"]["order"]["channel"] for r in rows if r["type"] == "order.placed"]
        return placed, {row["type"].split(".")[0] for row in rows}

    placed, groups = seen(make_key("events:read"))
    assert placed == ["site", "market"]
    assert {"order", "customer", "product", "apikey"} <= groups
    placed, groups = seen(make_key("events:read", channel="site"))
    assert placed == ["site"]
    assert "product" in groups
    assert not {"customer", "apikey", "member", "company"} & groups


def test_the_neighbours_events_are_not_there(shop, neighbour, happened):
    happened()
    mine = make_key("events:read")
    with tenant_scope(neighbour.pk):
        theirs = make_key("events:read")
        publish(neighbour)
    assert mine.get("events").json()["results"]
    rows = theirs.get("events").json()["results"]
    assert {row["company"] for row in rows} == {"neighbour"}


def test_the_page_costs_the_same_however_long(shop, happened):
    api = make_key("events:read")
    happened()
    api.get("events")
    with CaptureQueriesContext(connection) as few:
        api.get("events")
    happened(count=20)
    with CaptureQueriesContext(connection) as many:
        api.get("events")
    assert len(many) == len(few)


# --- Commits in another order than numbers --------------------------------------------------------


@both
def test_an_event_that_commits_late_is_not_skipped(company):
    """An open transaction has a lower number in the outbox than one that is published already."""
    opened, go_on = threading.Event(), threading.Event()

    def late():
        try:
            with tenant_scope(company.tenant.pk), transaction.atomic():
                record("customer.created", company.tenant, actor=ACTOR, now=timezone.now())
                opened.set()
                go_on.wait(20)
        finally:
            connections["default"].close()

    thread = threading.Thread(target=late)
    thread.start()
    assert opened.wait(20)
    company.happen()
    company.drain()
    [first] = company.events()
    assert first.type == "company.changed"
    go_on.set()
    thread.join()
    company.drain()
    rows = company.events()
    assert [row.type for row in rows] == ["company.changed", "customer.created"]
    assert rows[1].source_id < rows[0].source_id
    assert rows[1].sequence > rows[0].sequence  # behind every cursor that was given


@both
def test_a_consequence_waits_for_a_cause_that_another_drain_still_has(company, monkeypatch):
    """Two drains side by side: the second is done first, and publishes nothing out of order."""
    company.happen(topic="customer.created")
    monkeypatch.setattr(draining, "BATCH", 1)
    taken, go_on = threading.Event(), threading.Event()
    real = draining._deliver

    def slowly(tenant_id, row):
        if row[1] == "customer.created":
            taken.set()
            go_on.wait(20)
        real(tenant_id, row)

    monkeypatch.setattr(draining, "_deliver", slowly)

    def first():
        try:
            drain_tenant(company.tenant.pk)
        finally:
            connections["default"].close()

    thread = threading.Thread(target=first)
    thread.start()
    assert taken.wait(20)
    company.happen(topic="company.changed")
    company.drain()
    [kept] = company.events()
    assert (kept.type, kept.sequence) == ("company.changed", None)
    go_on.set()
    thread.join()
    rows = company.events()
    assert [row.type for row in rows] == ["customer.created", "company.changed"]


@both
def test_publishers_side_by_side_give_each_number_once(company):
    company.happen(60)
    with tenant_scope(company.tenant.pk):
        draining.drain_batch(company.tenant.pk)
    company.inside(lambda: FeedEvent.objects.update(sequence=None))

    def publish_all():
        try:
            with tenant_scope(company.tenant.pk):
                publish_events(now=timezone.now())
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=publish_all) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [row.sequence for row in company.events()]
    assert len(set(numbers)) == 60
    assert max(numbers) - min(numbers) == 59
