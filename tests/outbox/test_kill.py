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

from crm.outbox.drain import BATCH
from tests.outbox.effects import APART, HOLD_AT, HOLD_IN

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
EVENTS = 1000


@contextmanager
def workers(count: int, **told: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Celery workers with the subscriber of the test, each in a process group of its own."""
    argv = [
        sys.executable, "-m", "celery", "-A", "config.celery", "worker", "--pool", "solo",
        "--include", "tests.outbox.effects", "--without-gossip", "--without-mingle",
        "--without-heartbeat", "--loglevel", "ERROR",
    ]  # fmt: skip
    started = [
        subprocess.Popen(argv, cwd=ROOT, env={**os.environ, **told}, start_new_session=True)
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


def kill_in_the_middle(count: int, *, at: int, folder: Path, tenant_id: int) -> None:
    """Start workers, let each stand still before its event number `at`, and kill them there."""
    folder.mkdir()
    with workers(count, **{HOLD_AT: str(at), HOLD_IN: str(folder)}) as started:
        for _call in range(count):
            current_app.send_task("outbox.drain", args=[tenant_id])
        standing = {str(process.pid) for process in started}

        def all_stand_or_one_died() -> bool:
            found = {path.name for path in folder.iterdir()}
            return found == standing or any(process.poll() is not None for process in started)

        wait_for(all_stand_or_one_died, 120)
        assert {path.name for path in folder.iterdir()} == standing


@pytest.mark.django_db(transaction=True, databases=["default", "system"])
def test_killed_workers_lose_and_double_nothing(outbox, tmp_path):
    outbox.write(EVENTS)
    # Before the first event of their second batch, in its middle, before its last.
    for round_, at in enumerate((BATCH, BATCH + BATCH // 2, 2 * BATCH - 1), start=1):
        kill_in_the_middle(2, at=at, folder=tmp_path / str(at), tenant_id=outbox.tenant.pk)
        # Each of the two had stored one batch and had another in its hands.
        assert len(outbox.waiting()) == EVENTS - round_ * 2 * BATCH
        assert sum(outbox.effects().values()) == round_ * 2 * BATCH
    with workers(2):
        for _call in range(2):
            current_app.send_task("outbox.sweep")
        assert wait_for(lambda: not outbox.waiting(), 120)
    assert outbox.effects() == dict.fromkeys(range(EVENTS), 1)


@pytest.mark.django_db(transaction=True, databases=["default", "system"])
def test_control_an_effect_in_a_transaction_of_its_own_is_doubled(outbox, tmp_path):
    outbox.write(150, topic=APART)
    kill_in_the_middle(1, at=20, folder=tmp_path / "held", tenant_id=outbox.tenant.pk)
    assert len(outbox.waiting()) == 150, "killed in its first batch, it gave it all back"
    assert outbox.effects() == dict.fromkeys(range(20), 1)
    with workers(1):
        current_app.send_task("outbox.sweep")
        assert wait_for(lambda: not outbox.waiting(), 120)
    assert outbox.effects() == dict.fromkeys(range(20), 2) | dict.fromkeys(range(20, 150), 1)
