"""One drain is asked for, after the commit, however many events it holds."""

import time
from functools import partial
from types import SimpleNamespace

import pytest
import redis
from django.db import transaction
from django.utils import timezone

from crm.audit.actor import Actor
from crm.audit.models import AuditEntry
from crm.audit.record import record
from crm.outbox import wake
from crm.outbox.drain import BATCH
from crm.outbox.models import OutboxEvent
from crm.outbox.tasks import TURN, drain
from crm.outbox.wake import lower_flag, wake_after_commit
from crm.tenancy.context import tenant_scope


@pytest.fixture
def asked(monkeypatch):
    """What was asked of the broker."""
    calls = []
    monkeypatch.setattr(
        "crm.outbox.wake.current_app",
        type("App", (), {"send_task": lambda _self, name, args: calls.append((name, args))})(),
    )
    return calls


def test_record_writes_both_rows_and_asks_once(outbox, asked):
    tenant = outbox.tenant
    with tenant_scope(tenant.pk), transaction.atomic():
        for _time in range(3):
            record(
                "test.done",
                tenant,
                actor=Actor.system("robot"),
                now=timezone.now(),
                changes={"name": ["a", "b"]},
                details={"n": 1},
                reason="so",
            )
        assert asked == []
    assert asked == [("outbox.drain", [tenant.pk])]
    with tenant_scope(tenant.pk), transaction.atomic():
        entry = AuditEntry.objects.first()
        assert (entry.action, entry.actor_label, entry.reason) == ("test.done", "robot", "so")
        assert (entry.changes, entry.details) == ({"name": ["a", "b"]}, {"n": 1})
        assert OutboxEvent.objects.filter(topic="test.done", payload={"n": 1}).count() == 3


def test_a_process_that_answers_asks_from_a_thread_once_for_many(outbox, asked, monkeypatch):
    beside = wake._Beside()
    monkeypatch.setattr(wake, "_beside", beside)
    beside.is_on = True  # its thread has not come to it yet
    for _time in range(3):
        with transaction.atomic():
            wake_after_commit(outbox.tenant.pk)
    assert asked == []
    beside.is_on = False
    beside.start()
    beside.ask(outbox.tenant.pk)
    until = time.monotonic() + 10
    while not asked and time.monotonic() < until:
        time.sleep(0.01)
    assert asked == [("outbox.drain", [outbox.tenant.pk])]


def test_the_thread_outlives_a_broker_that_is_away(outbox, asked, monkeypatch):
    beside = wake._Beside()

    class Away:
        def set(self, *_given, **_more):
            raise redis.ConnectionError

    with monkeypatch.context() as away:
        away.setattr(wake, "_client", Away)
        beside.ask(outbox.tenant.pk)
        beside.flush()
    beside.ask(outbox.tenant.pk)
    beside.flush()
    assert asked == [("outbox.drain", [outbox.tenant.pk])]


def test_what_rolls_back_leaves_nothing_and_asks_nobody(outbox, asked):
    tenant = outbox.tenant
    with pytest.raises(ZeroDivisionError), tenant_scope(tenant.pk), transaction.atomic():
        record("test.done", tenant, actor=Actor.system(), now=timezone.now())
        raise ZeroDivisionError
    assert asked == []
    with tenant_scope(tenant.pk), transaction.atomic():
        assert not AuditEntry.objects.exists()
        assert not OutboxEvent.objects.exists()


def test_another_hook_of_the_transaction_is_not_taken_for_the_wake(outbox, asked):
    tenant_id = outbox.tenant.pk
    with transaction.atomic():
        transaction.on_commit(partial(int, tenant_id))
        wake_after_commit(tenant_id)
    assert asked == [("outbox.drain", [tenant_id])]


def test_while_a_drain_is_asked_for_nobody_asks_again(outbox, asked):
    tenant_id = outbox.tenant.pk
    for _time in range(2):
        with transaction.atomic():
            wake_after_commit(tenant_id)
    assert len(asked) == 1
    lower_flag(tenant_id)  # the drain begins
    with transaction.atomic():
        wake_after_commit(tenant_id)
    assert len(asked) == 2


def test_a_broker_that_is_away_harms_nobody(outbox, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise ConnectionError

    monkeypatch.setattr("crm.outbox.wake.current_app", SimpleNamespace(send_task=refuse))
    tenant = outbox.tenant
    with tenant_scope(tenant.pk), transaction.atomic():
        record("test.done", tenant, actor=Actor.system(), now=timezone.now())
    assert len(outbox.waiting()) == 1


@pytest.mark.parametrize(("events", "asks"), [(TURN * BATCH + 3, 1), (TURN * BATCH - 3, 0)])
def test_a_long_drain_gives_its_worker_back(outbox, monkeypatch, events, asks):
    calls = []
    monkeypatch.setattr(drain, "delay", calls.append)
    outbox.write(events)
    drain(outbox.tenant.pk)
    assert calls == [outbox.tenant.pk] * asks
    assert len(outbox.waiting()) == (3 if asks else 0)
