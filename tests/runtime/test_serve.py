"""bin/serve from its first start through kills to its last: nothing is lost, nothing is left."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.runtime import paths, ports, processes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]


class Serve:
    """A bin/serve on data of its own."""

    def __init__(self, data: Path, port: int) -> None:
        self.data = data
        self.url = f"http://127.0.0.1:{port}"
        given = ("DATABASE_", "REDIS_", "KRAM_", "SECRET_", "BASE_", "ALLOWED_", "DJANGO_")
        env = {name: value for name, value in os.environ.items() if not name.startswith(given)}
        self.output = (data / "output").open("a+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.runtime.serve", "--port", str(port), "--no-demo"],
            cwd=paths.ROOT,
            env={**env, "KRAM_DATA": str(data)},
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.output,
        )

    def text(self) -> str:
        return (self.data / "output").read_text()

    def wait_ready(self, times: int = 1) -> None:
        ready = ports.wait_until(
            lambda: self.text().count("READY ") >= times or self.process.poll() is not None,
            seconds=90,
        )
        assert ready, self.text()
        assert self.process.poll() is None, self.text()

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def database(self) -> psycopg.Connection:
        run = json.loads((self.data / "run.json").read_text())
        return psycopg.connect(run["environment"]["DATABASE_OWNER_URL"], autocommit=True)

    def postmaster(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    def left(self) -> list[int]:
        """Return every process of it that still runs."""
        return [
            *processes.list_marked(str(self.data)),
            *processes.list_working_in(self.data / "postgres"),
            *processes.list_working_in(self.data / "valkey"),
        ]


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kram-serve-"))
    folder.chmod(0o711)
    yield folder
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in processes.list_marked(str(folder)):
            processes.send(pid, number)
    processes.kill_all(processes.list_working_in(folder / "postgres"))
    processes.kill_all(processes.list_working_in(folder / "valkey"))
    shutil.rmtree(folder, ignore_errors=True)


def test_store_outlives_kills_of_postgres_web_and_supervisor(data: Path):
    port = ports.pick_port()
    serve = Serve(data, port)
    serve.wait_ready()
    # Each of the services told it: none was waited for in vain.
    assert "has not said" not in serve.text()
    with serve.database() as db:
        db.execute("CREATE TABLE kept AS SELECT 1 AS n")

    # Postgres dies: it comes back, and the product with it.
    first = serve.postmaster()
    processes.send(first, signal.SIGKILL)
    assert ports.wait_until(lambda: "postgres ended" in serve.text(), seconds=5)
    assert ports.wait_until(serve.answers, seconds=30), serve.text()
    assert serve.postmaster() != first
    with serve.database() as db:
        db.execute("INSERT INTO kept VALUES (2)")

    # The supervisor dies: everything goes with it.
    assert len(serve.left()) > 8
    serve.process.kill()
    serve.process.wait()
    assert ports.wait_until(lambda: serve.left() == [], seconds=10), serve.left()

    # The next start finds all that was committed.
    again = Serve(data, port)
    again.wait_ready(times=2)
    with again.database() as db:
        assert db.execute("SELECT array_agg(n ORDER BY n) FROM kept").fetchone() == ([1, 2],)

    # Ctrl-C: gone within five seconds.
    begun = time.monotonic()
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(timeout=10) == 0
    assert time.monotonic() - begun < 5
    assert ports.wait_until(lambda: again.left() == [], seconds=1), again.left()
    assert "Traceback" not in again.text()
