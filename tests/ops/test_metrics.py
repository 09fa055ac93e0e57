"""/metrics: who may read it, what it counts over processes, and that it names nobody."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from crm.ops.metrics import counters, gauges
from crm.outbox.models import OutboxEvent
from crm.tenancy.context import tenant_scope
from crm.tenancy.models import Tenant

TOKEN = "a token of the tests"
databases = pytest.mark.django_db(databases=["default", "system"])


@pytest.fixture(autouse=True)
def _fresh_numbers():
    counters._pending.clear()
    gauges.forget()
    yield
    counters._pending.clear()


def read(client: Client, **headers: str) -> dict[str, float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", **headers})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


@databases
def test_it_is_shown_to_who_brings_the_token(client, settings):
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics").status_code == 401
    for wrong in ("", "Bearer ", "Bearer no", f"Basic {TOKEN}x"):
        assert client.get("/metrics", headers={"Authorization": wrong}).status_code == 401
    assert read(client)
    assert client.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@databases
def test_requests_are_counted_by_route_and_timed(client, settings):
    settings.METRICS_TOKEN = TOKEN
    for _time in range(3):
        client.get("/healthz")
    client.get("/nothing/at/all/38067")
    seen = read(client)
    key = 'kram_requests_total{route="shell:healthz",method="GET",status="200"}'
    assert seen[key] == 3
    assert seen['kram_requests_total{route="(none)",method="GET",status="404"}'] == 1
    assert seen['kram_request_seconds_count{route="shell:healthz"}'] == 3
    assert seen['kram_request_seconds_bucket{route="shell:healthz",le="+Inf"}'] == 3
    assert seen['kram_request_seconds_sum{route="shell:healthz"}'] > 0
    buckets = [v for k, v in seen.items() if "bucket" in k and 'route="shell:healthz"' in k]
    assert buckets == sorted(buckets)


@databases
def test_all_processes_add_to_the_same_numbers(client, settings):
    settings.METRICS_TOKEN = TOKEN
    counters.count("kram_tasks_total", "outbox.drain", "success")
    counters.observe("kram_task_seconds", 0.03, "outbox.drain")
    program = (
        "import django; django.setup()\n"
        "from crm.ops.metrics.counters import count\n"
        "count('kram_tasks_total', 'outbox.drain', 'success', by=4)\n"
    )
    # Its numbers are handed over when it ends.
    subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=Path(__file__).resolve().parents[2],
        check=True,
    )
    seen = read(client)
    assert seen['kram_tasks_total{task="outbox.drain",state="success"}'] == 5
    assert seen['kram_task_seconds_bucket{task="outbox.drain",le="0.025"}'] == 0
    assert seen['kram_task_seconds_bucket{task="outbox.drain",le="0.05"}'] == 1


@databases
def test_a_request_asks_valkey_for_nothing(client, monkeypatch):
    asked = []
    monkeypatch.setattr(counters, "client", lambda: asked.append(1))
    monkeypatch.setattr(counters, "_ensure_flusher", lambda: None)
    client.get("/healthz")
    assert asked == []
    assert any("shell:healthz" in field for field in counters._pending)


def test_numbers_wait_while_valkey_is_away(settings, monkeypatch):
    class Away:
        def pipeline(self, **_):
            raise counters.redis.ConnectionError("away")

    counters.count("kram_tasks_total", "a", "success", by=2)
    with monkeypatch.context() as patch:
        patch.setattr(counters, "client", Away)
        counters.flush()
    counters.count("kram_tasks_total", "a", "success")
    assert counters.read_all() == {("c", "kram_tasks_total", "a", "success"): 3}


@pytest.mark.django_db(transaction=True, databases=["default", "system"])
def test_backlogs_tell_what_waits_and_what_was_given_up(client, settings, transactional_db):
    settings.METRICS_TOKEN = TOKEN
    now = timezone.now()
    for slug in ("one", "two"):
        tenant = Tenant.objects.create(slug=slug, name=slug)
        with tenant_scope(tenant.pk), transaction.atomic():
            for place, failed in enumerate((False, False, True)):
                OutboxEvent.objects.create(
                    topic="test.none",
                    object_type="event",
                    object_id=place,
                    created_at=now,
                    next_at=now - timedelta(minutes=2) if place else now,
                    failed=failed,
                )
    seen = read(client)
    assert seen['kram_backlog_waiting{kind="outbox"}'] == 4
    assert seen['kram_backlog_failed{kind="outbox"}'] == 2
    assert 120 <= seen['kram_backlog_oldest_seconds{kind="outbox"}'] < 180
    assert seen['kram_backlog_waiting{kind="webhooks"}'] == 0
    assert seen["kram_database_bytes"] > 1_000_000
    assert seen['kram_database_connections{login="crm_app"}'] >= 1
