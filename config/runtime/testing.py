"""Servers for the tests: a throw-away pair, or one pair that stays up for the inner loop.

The pair that stays serves any number of test runs at once: each run and each of its workers has
its own databases (tests/conftest.py).
"""

import base64
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.runtime import paths, ports, processes, roles
from config.runtime.postgres import PostgresServer
from config.runtime.problems import Problem
from config.runtime.state import State, file_lock
from config.runtime.valkey import ValkeyServer


class TestServers:
    """Postgres and Valkey without durability, in one folder."""

    __test__ = False

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True, mode=0o711)
        (home / "static").mkdir(exist_ok=True)
        self.state = State(home / "state.json")
        self.state.fill_secrets()
        passwords = self.state.values["passwords"]
        self.postgres = PostgresServer(home, password=passwords["admin"], durable=False)
        self.valkey = ValkeyServer(home, password=passwords["valkey"], durable=False)
        self._pids: list[int] = []

    def start(self, *, tied: bool) -> None:
        """Start both, or take over those that run."""
        running = self.postgres.find_running()
        if running and self.postgres.is_ready():
            self.postgres.port = running[1]
        else:
            self._start_postgres(tied=tied)
        self.valkey.port = self.state.values.get("valkey_port", 0)
        if not (self.valkey.port and self.valkey.is_ready()):
            self._start_valkey(tied=tied)

    def _start_postgres(self, *, tied: bool) -> None:
        log = self.home / "postgres.log"
        self.postgres.clear_leftovers()
        self.postgres.prepare()
        self.postgres.choose_port(self.state.values.get("postgres_port"))
        child = self.postgres.spawn(log, tied=tied)
        self._pids.append(child.pid)
        if (
            not ports.wait_until(
                lambda: self.postgres.is_ready(child.pid) or child.poll() is not None, seconds=60
            )
            or child.poll() is not None
        ):
            raise Problem(f"The test Postgres did not start:\n{_tail(log)}")
        self.state.values["postgres_port"] = self.postgres.port
        self.state.save()
        with roles.connect(self.postgres.admin_url) as admin:
            passwords = self.state.values["passwords"]
            roles.prepare_server(admin, {role: passwords[role] for role in _LOGINS})

    def _start_valkey(self, *, tied: bool) -> None:
        log = self.home / "valkey.log"
        self.valkey.clear_leftovers()
        self.valkey.choose_port(self.state.values.get("valkey_port"))
        child = self.valkey.spawn(log, tied=tied)
        self._pids.append(child.pid)
        if (
            not ports.wait_until(
                lambda: self.valkey.is_ready() or child.poll() is not None, seconds=20
            )
            or child.poll() is not None
        ):
            raise Problem(f"The test Valkey did not start:\n{_tail(log)}")
        self.state.values["valkey_port"] = self.valkey.port
        self.state.save()

    def stop(self) -> None:
        """End what start() started, at once: nothing here is worth keeping."""
        processes.kill_all(self._pids)
        processes.wait_gone(self._pids, seconds=5)
        processes.wait_gone(processes.list_working_in(self.postgres.data), seconds=5)

    def environment(self) -> dict[str, str]:
        """Return what a test run needs to know; databases are named by the run itself."""
        passwords = self.state.values["passwords"]
        return {
            "KRAM_TEST_ADMIN_URL": self.postgres.admin_url,
            "DATABASE_URL": self.postgres.url("crm_app", passwords["crm_app"], "postgres"),
            "DATABASE_OWNER_URL": self.postgres.url(
                "crm_owner", passwords["crm_owner"], "postgres"
            ),
            "DATABASE_SYSTEM_URL": self.postgres.url(
                "crm_system", passwords["crm_system"], "postgres"
            ),
            "DATABASE_POOL": "false",
            "REDIS_URL": self.valkey.url(),
            "SECRET_KEY": "only-for-tests-0123456789-0123456789-0123456789-0123456789",
            "KRAM_FIELD_KEYS": base64.urlsafe_b64encode(
                b"only-for-tests-only-for-tests-32"
            ).decode(),
            "DEBUG": "false",
            "ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
            "BASE_URL": "http://testserver",
            "STATIC_ROOT": str(self.home / "static"),
        }


_LOGINS = ("crm_owner", "crm_app", "crm_system")


def _tail(path: Path) -> str:
    try:
        return path.read_text(errors="replace")[-1500:]
    except OSError:
        return "(no log)"


def start_lasting() -> dict[str, str]:
    """Return the environment of the pair in `.kram/test`, started if it does not run."""
    home = paths.get_data_dir() / "test"
    home.mkdir(exist_ok=True, mode=0o711)
    with file_lock(home / "lock"):
        servers = TestServers(home)
        servers.start(tied=False)
        return servers.environment()


@contextmanager
def fresh() -> Iterator[dict[str, str]]:
    """Give a pair of its own, gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="kram-test-"))
    home.chmod(0o711)
    servers = TestServers(home)
    try:
        servers.start(tied=True)
        yield servers.environment()
    finally:
        servers.stop()
        shutil.rmtree(home, ignore_errors=True)
        if servers.postgres.home != home:
            shutil.rmtree(servers.postgres.home, ignore_errors=True)


def stop_lasting() -> None:
    """End the pair in `.kram/test`."""
    home = paths.get_data_dir() / "test"
    if not home.exists():
        return
    with file_lock(home / "lock"):
        servers = TestServers(home)
        running = servers.postgres.find_running()
        if running:
            servers.postgres.stop(running[0])
        servers.valkey.clear_leftovers()


def name_databases(environment: dict[str, str], *, run: str, worker: str) -> dict[str, str]:
    """Point the environment at the databases of one run and worker."""
    base = os.environ.get("KRAM_TEST_DB") or "test_kram"
    name = f"{base}_r{run}_{worker}"
    named = {
        key: value.rpartition("/")[0] + f"/{name}"
        for key, value in environment.items()
        if key.startswith("DATABASE_") and value.startswith("postgresql://")
    }
    number = worker.removeprefix("gw")
    index = (int(run) * 16 + (int(number) + 1 if number.isdigit() else 0)) % 4095 + 1
    named["REDIS_URL"] = environment["REDIS_URL"].rpartition("/")[0] + f"/{index}"
    return named
