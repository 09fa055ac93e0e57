"""Every event reaches every subscriber; one that fails is tried again alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections, transaction
from django.utils import timezone

from crm.outbox import registry
from crm.outbox.drain import PAUSES, drain_tenant, pause_after
from crm.outbox.models import OutboxEvent
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant
from tests.outbox.conftest import Outbox


@pytest.fixture
def listeners(monkeypatch):
    """Listen with functions of the test alone."""
    monkeypatch.setattr(registry, "_subscribers", {})

    def listen(**functions):
        registry._subscribers["test.heard"] = functions

    return listen


def test_an_event_has_its_effect_and_is_gone(outbox):
    outbox.write(3)
    assert drain_tenant(outbox.tenant.pk) == 3
    assert outbox.waiting() == []
    assert outbox.effects() == {0: 1, 1: 1, 2: 1}
    assert drain_tenant(outbox.tenant.pk) == 0


def test_a_subscriber_that_fails_harms_no_other_and_is_tried_again_alone(outbox, listeners):
    heard = []

    def broken(event):
        heard.append("broken")
        OutboxEvent.objects.create(
            topic="test.never", object_type="x", object_id=1,
            created_at=timezone.now(), next_at=timezone.now(),
        )  # fmt: skip
        raise ValueError("no luck")

    listeners(broken=broken, well=lambda event: heard.append("well"))
    outbox.write(1, topic="test.heard", colour="red")
    before = timezone.now()
    drain_tenant(outbox.tenant.pk)

    assert sorted(heard) == ["broken", "well"]
    [kept] = outbox.waiting()  # and what it had written is undone
    assert (kept.topic, kept.subscriber, kept.attempts) == ("test.heard", "broken", 1)
    assert (kept.payload, kept.failed) == ({"colour": "red"}, False)
    assert kept.last_error == "ValueError: no luck"
    assert timedelta(seconds=4) < kept.next_at - before < timedelta(seconds=7)

    assert drain_tenant(outbox.tenant.pk) == 0  # not before its pause is over
    _make_due(outbox)
    drain_tenant(outbox.tenant.pk)
    assert sorted(heard) == ["broken", "broken", "well"]


def test_after_the_last_pause_it_is_kept_for_a_person(outbox, listeners):
    def broken(event):
        raise ValueError

    listeners(broken=broken)
    outbox.write(1, topic="test.heard")
    waits = []
    for _attempt in range(len(PAUSES)):
        drain_tenant(outbox.tenant.pk)
        [kept] = outbox.waiting()
        assert not kept.failed
        waits.append((kept.next_at - timezone.now()).total_seconds())
        _make_due(outbox)
    for wait, pause in zip(waits, PAUSES, strict=True):
        assert 0.85 * pause - 2 < wait < 1.15 * pause
    drain_tenant(outbox.tenant.pk)
    [kept] = outbox.waiting()
    assert (kept.failed, kept.attempts) == (True, len(PAUSES) + 1)
    assert drain_tenant(outbox.tenant.pk) == 0


def test_the_ladder_of_pauses():
    assert PAUSES == (5, 30, 60, 300, 1200, 3600, 14400, 21600, 43200, 43200, 86400)
    for attempts, pause in enumerate(PAUSES, start=1):
        seconds = {round(pause_after(attempts).total_seconds(), 3) for _ in range(20)}
        assert all(0.9 * pause <= second <= 1.1 * pause for second in seconds)
        assert len(seconds) > 1
    assert pause_after(len(PAUSES) + 1) is None


def test_a_second_try_of_a_subscriber_that_is_gone_is_kept(outbox, listeners):
    def broken(event):
        raise ValueError

    listeners(broken=broken)
    outbox.write(1, topic="test.heard")
    drain_tenant(outbox.tenant.pk)
    _make_due(outbox)
    listeners(renamed=broken)
    drain_tenant(outbox.tenant.pk)
    [kept] = outbox.waiting()
    assert (kept.subscriber, kept.failed) == ("broken", True)


def test_drains_at_the_same_time_share_the_work(outbox):
    outbox.write(600, seconds=0.002)
    barrier = Barrier(4)

    def drain(_number):
        try:
            connections["default"].ensure_connection()
            barrier.wait(30)
            return drain_tenant(outbox.tenant.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(drain, range(4)))
    drain_tenant(outbox.tenant.pk)
    assert sum(amount > 0 for amount in taken) > 1
    assert outbox.waiting() == []
    assert outbox.effects() == dict.fromkeys(range(600), 1)


def test_a_drain_touches_no_other_company(outbox):
    neighbour = Outbox(Tenant.objects.create(slug="neighbour", name="Neighbour"))
    neighbour.write(2)
    outbox.write(1)
    drain_tenant(outbox.tenant.pk)
    assert (len(neighbour.waiting()), outbox.effects()) == (2, {0: 1})
    assert neighbour.effects() == {}


def _make_due(outbox):
    with tenant_scope(outbox.tenant.pk), transaction.atomic():
        OutboxEvent.objects.update(next_at=timezone.now())
