"""A real sender, killed with SIGKILL in the middle: nothing is lost, ids tell what came twice."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crm.webhooks.models import WebhookEndpoint
from tests.webhooks.receiver import Receiver, listening

ROOT = Path(__file__).resolve().parents[2]
EVENTS = 120

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "system"]),
    pytest.mark.slow,
]


@contextmanager
def sender() -> Iterator[subprocess.Popen[bytes]]:
    """The command of production, in a process group of its own; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "send_webhooks"],
        cwd=ROOT,
        env={**os.environ, "WEBHOOKS_ALLOW_LOCAL": "true"},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_killed_sender_loses_nothing(company):
    def slowly(_request):
        time.sleep(0.03)
        return 200, {}, b""

    with listening(Receiver(answer=slowly)) as receiver:
        company.connect(receiver)
        company.happen(EVENTS)
        company.drain()
        for number in range(1, 4):
            with sender():
                assert wait_for(lambda number=number: len(receiver.got) >= number * 20, 60)
            left = company.states().count("waiting")
            assert 0 < left < EVENTS, "it was killed in the middle"
            [endpoint] = company.inside(lambda: list(WebhookEndpoint.objects.all()))
            assert endpoint.leased_until is not None, "and held a delivery"
            # The time that the lease has left is not waited for in a test.
            company.later(seconds=31)
        with sender() as last:
            assert wait_for(lambda: "waiting" not in company.states(), 60)
            last.terminate()
            assert last.wait(20) == 0, "it ends by itself when it is told to"
        ids = receiver.ids
        assert len(set(ids)) == EVENTS
        assert company.states() == ["delivered"] * EVENTS
        # Only what was under way when the sender was killed can have come twice.
        assert EVENTS <= len(ids) <= EVENTS + 3
        sequences = [json.loads(request.body)["sequence"] for request in receiver.got]
        assert sequences == sorted(sequences)
