"""Real workers, killed with SIGKILL in the middle of draining: nothing lost, nothing twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import current_app

from tests.outbox.effects import APART

ROOT = Path(__file__).resolve().parents[2]
EVENTS = 2000
KILLS = 3


@contextmanager
def workers(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Celery workers with the subscriber of the test, each in a process group of its own."""
    argv = [
        sys.executable, "-m", "celery", "-A", "config.celery", "worker", "--pool", "solo",
        "--include", "tests.outbox.effects", "--without-gossip", "--without-mingle",
        "--without-heartbeat", "--loglevel", "ERROR",
    ]  # fmt: skip
    started = [
        subprocess.Popen(argv, cwd=ROOT, env={**os.environ}, start_new_session=True)
        for _number in range(count)
    ]
    try:
        yield started
    finally:
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.django_db(transaction=True, databases=["default", "system"])
def test_killed_workers_lose_and_double_nothing(outbox):
    outbox.write(EVENTS, seconds=0.005)
    for _kill in range(KILLS):
        done = sum(outbox.effects().values())
        with workers(2):
            for _call in range(2):
                current_app.send_task("outbox.drain", args=[outbox.tenant.pk])
            assert wait_for(lambda done=done: sum(outbox.effects().values()) > done, 60)
            time.sleep(0.15)  # into the next batch
        left = len(outbox.waiting())
        assert 0 < left < EVENTS, "the workers were killed in the middle"
        assert left + sum(outbox.effects().values()) == EVENTS
    with workers(2):
        for _call in range(2):
            current_app.send_task("outbox.sweep")
        assert wait_for(lambda: not outbox.waiting(), 120)
    assert outbox.effects() == dict.fromkeys(range(EVENTS), 1)


@pytest.mark.django_db(transaction=True, databases=["default", "system"])
def test_control_an_effect_in_a_transaction_of_its_own_is_doubled(outbox):
    outbox.write(150, topic=APART, seconds=0.01)
    with workers(1):
        current_app.send_task("outbox.drain", args=[outbox.tenant.pk])
        assert wait_for(lambda: len(outbox.effects()) > 10, 60)
    done = outbox.effects()
    assert len(outbox.waiting()) == 150, "the worker was killed in its first batch"
    with workers(1):
        current_app.send_task("outbox.sweep")
        assert wait_for(lambda: not outbox.waiting(), 120)
    assert outbox.effects() == dict.fromkeys(range(150), 1) | dict.fromkeys(done, 2)
