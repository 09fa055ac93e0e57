"""The supervisor leaves no orphan, however it ends, and keeps its services alive."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.runtime import paths, ports, processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


class Run:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, *services: str) -> None:
        self.mark = str(folder)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.supervised", self.mark, *services],
            cwd=paths.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_ready(self) -> None:
        assert self.process.stdout
        while line := self.process.stdout.readline():
            if line == "READY\n":
                return
        raise AssertionError("the supervisor ended before it was ready")

    def marked(self) -> list[int]:
        return processes.list_marked(self.mark)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    processes.kill_all(processes.list_marked(str(tmp_path)))


def test_ctrl_c_ends_everything_within_five_seconds(folder: Path):
    run = Run(folder, "polite", "stubborn")
    run.wait_ready()
    assert ports.wait_until(lambda: len(run.marked()) == 3, seconds=5)
    begun = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(timeout=10) == 0
    assert time.monotonic() - begun < 5
    assert ports.wait_until(lambda: run.marked() == [], seconds=1)


def test_programs_and_servers_that_will_not_end_share_the_five_seconds(folder: Path):
    run = Run(folder, "deaf-server", "deaf")
    run.wait_ready()
    begun = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(timeout=10) == 0
    # A busy machine may be late; waiting for one after the other takes seven and more.
    assert time.monotonic() - begun < 6.5
    assert run.marked() == []


def test_killed_supervisor_leaves_no_orphan(folder: Path):
    run = Run(folder, "polite", "stubborn")
    run.wait_ready()
    assert ports.wait_until(lambda: len(run.marked()) == 3, seconds=5)
    run.process.kill()
    run.process.wait()
    assert ports.wait_until(lambda: run.marked() == [], seconds=8)


def test_killed_service_is_started_again(folder: Path):
    run = Run(folder, "polite")
    run.wait_ready()
    [first] = run.marked()
    processes.send(first, signal.SIGKILL)
    assert ports.wait_until(lambda: run.marked() not in ([], [first]), seconds=8)
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(timeout=10) == 0
    assert run.marked() == []


def test_service_that_keeps_dying_ends_the_run_with_its_last_words(folder: Path):
    run = Run(folder, "polite", "dying")
    output, _ = run.process.communicate(timeout=20)
    assert run.process.returncode == 1
    assert "dying keeps ending at once (status 1)" in output
    assert "out of cheese" in output
    assert run.marked() == []
