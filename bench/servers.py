"""One durable Postgres and one Valkey for everything that is measured in a run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config.runtime import ports, roles
from config.runtime.postgres import PostgresServer
from config.runtime.valkey import ValkeyServer

ROOT = Path(__file__).resolve().parent.parent
PASSWORDS = dict.fromkeys(("crm_owner", "crm_app", "crm_system"), "bench")


class Bench:
    """The servers of a run; the data stay under `.kram/bench`, so that seeding is done once."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self.postgres = PostgresServer(home / "postgres", password="bench", durable=True)
        self.valkey = ValkeyServer(home / "valkey", password="bench", durable=True)
        self.pg_pid = 0
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        for server in (self.postgres, self.valkey):
            if hasattr(server, "prepare"):
                server.prepare()
            server.choose_port()
            server.clear_leftovers()
            process = server.spawn(self.home / f"{type(server).__name__}.log")
            self._processes.append(process)
            while not server.is_ready():
                if process.poll() is not None:
                    raise SystemExit(f"{type(server).__name__} did not start: see {self.home}")
                time.sleep(0.05)
        self.pg_pid = self._processes[0].pid

    def stop(self) -> None:
        for process in reversed(self._processes):
            # Not SIGTERM: Postgres would wait for every connection to be closed first.
            process.send_signal(signal.SIGINT)
        for process in self._processes:
            process.wait(15)

    def database(self, name: str) -> dict[str, str]:
        """Make sure the product's database exists; return the environment to reach it."""
        roles.prepare(self.postgres.admin_url, name, PASSWORDS)
        return {
            "DATABASE_URL": self.postgres.url("crm_app", "bench", name),
            "DATABASE_OWNER_URL": self.postgres.url("crm_owner", "bench", name),
            "DATABASE_SYSTEM_URL": self.postgres.url("crm_system", "bench", name),
            "REDIS_URL": self.valkey.url(),
            "SECRET_KEY": "bench-" * 8,
            "KRAM_FIELD_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            # A connection for each server thread, as the floors have it.
            "DATABASE_CONN_MAX_AGE": "3600",
            "DATABASE_HEALTH_CHECKS": "0",
            "LOG_LEVEL": "WARNING",
            "API_REQUESTS_PER_MINUTE": "100000000",
        }


@contextmanager
def running(home: Path) -> Iterator[Bench]:
    bench = Bench(home)
    bench.start()
    try:
        yield bench
    finally:
        bench.stop()


@contextmanager
def wsgi(target: str, environment: Mapping[str, str], *, folder: Path) -> Iterator[tuple[int, int]]:
    """Serve a WSGI application with two workers of eight threads; yield its port and pid."""
    port = ports.pick_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "2"),
        *("--blocking-threads", "8", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers-kill-timeout", "3", "--log-level", "warning", target),
    ]
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environment, "PYTHONPATH": str(folder)}
    )
    try:
        while not ports.is_open(port):
            if process.poll() is not None:
                raise SystemExit(f"{target} did not start")
            time.sleep(0.05)
        time.sleep(1.0)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(15)


def manage(environment: Mapping[str, str], *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
    )
