"""What a person is told when a command can't do its work."""

import errno
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.runtime import bootstrap, paths, ports, problems, serve, services, state
from config.runtime.problems import Problem


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kram-data-"))
    yield folder
    shutil.rmtree(folder)


def run_serve(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.runtime.serve", *arguments],
        cwd=paths.ROOT,
        env={**os.environ, "KRAM_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=30,
    )


def fake_python(folder: Path, name: str, version: str) -> None:
    """A program that behaves as a Python of that version does when asked for it."""
    minor = version.split(".")[1]
    program = folder / name
    program.write_text(
        f'#!/bin/sh\n[ "$1" = -V ] && echo "Python {version}" && exit\n'
        f'[ "$1" = -c ] && exit $(( {minor} < 11 ))\necho "run by {version}: $*"\n'
    )
    program.chmod(0o755)


def run_sh(checkout: Path, programs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(checkout / "bin" / "serve"), "--port", "1"],
        env={"PATH": f"{programs}:/usr/bin-only-for-sh:/bin-only"},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH without any Python: the few tools that bin/serve needs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for tool in ("dirname", "head"):
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    shutil.copytree(paths.ROOT / "bin", tmp_path / "bin")
    return folder


def test_old_python_is_named_with_what_is_needed(tmp_path: Path, programs: Path):
    fake_python(programs, "python3", "3.9.2")
    answer = run_sh(tmp_path, programs)
    assert answer.returncode == 1
    assert "Python 3.11 or newer is needed" in answer.stderr
    assert "python3 (Python 3.9.2)" in answer.stderr


def test_newer_python_beside_an_old_one_is_found(tmp_path: Path, programs: Path):
    fake_python(programs, "python3", "3.9.2")
    fake_python(programs, "python3.12", "3.12.1")
    answer = run_sh(tmp_path, programs)
    assert answer.returncode == 0
    assert "run by 3.12.1" in answer.stdout
    assert answer.stdout.strip().endswith("serve --port 1")


def test_taken_port_is_told_before_anything_is_made(data: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = run_serve(data, "--port", str(port))
    assert answer.returncode == 1
    assert f"Port {port} is taken" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (data / "postgres").exists()


def test_second_run_on_the_same_data_is_refused(data: Path):
    with state.file_lock(data / "serve.lock"):
        (data / "run.json").write_text('{"url": "http://127.0.0.1:1234/", "pid": 77}')
        answer = run_serve(data, "--port", "0x")
        assert answer.returncode == 2  # no number
        answer = run_serve(data)
    assert answer.returncode == 1
    assert "already runs" in answer.stderr
    assert "http://127.0.0.1:1234/ (process 77)" in answer.stderr


def test_half_given_databases_are_refused(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DATABASE_SYSTEM_URL")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    answer = run_serve(data, "--port", str(port))
    assert answer.returncode == 1
    assert "Give DATABASE_URL alone" in answer.stderr


def test_broker_out_of_reach_is_told_at_once(data: Path, monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        closed = probe.getsockname()[1]
    services.check_broker(os.environ["REDIS_URL"])
    monkeypatch.setenv("REDIS_URL", f"redis://:secret@127.0.0.1:{closed}/0")
    answer = run_serve(data, "--port", str(closed))
    assert answer.returncode == 1
    assert f"of REDIS_URL (127.0.0.1:{closed})" in answer.stderr
    assert "secret" not in answer.stderr
    assert "Traceback" not in answer.stderr


def test_given_database_out_of_reach_is_told_at_once(data: Path, monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        closed = probe.getsockname()[1]
    monkeypatch.setenv("DATABASE_URL", f"postgresql://x:secret@127.0.0.1:{closed}/kram")
    answer = run_serve(data, "--port", str(closed))
    assert answer.returncode == 1
    assert f"Can't log in to Postgres at 127.0.0.1:{closed} as x" in answer.stderr
    assert "migrating" not in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("ERROR:  could not extend file: No space left on device", "The disk is full"),
        ("ERROR:  relation does not exist", "seeding failed"),
    ],
)
def test_step_that_a_full_disk_ended_is_told_so(
    data: Path, words: str, told: str, monkeypatch: pytest.MonkeyPatch
):
    logs = data / "logs"
    logs.mkdir()
    (logs / "postgres.log").write_text("PANIC:  No space left on device, last week\n")
    options = serve._parse([])
    server = serve.Server(options, data)

    def fail() -> None:
        with (logs / "postgres.log").open("a") as log:
            log.write(words)
        raise Problem("seeding failed")

    monkeypatch.setattr(server, "_start", fail)
    for name in ("catch_signals", "start_guard", "stop"):
        monkeypatch.setattr(server.supervisor, name, lambda: None)
    with pytest.raises(Problem, match=told):
        server.run()


def test_damaged_state_is_not_overwritten(data: Path):
    path = data / "state.json"
    path.write_text("{")
    with pytest.raises(Problem, match="is damaged"):
        state.State(path)
    assert path.read_text() == "{"


def test_state_is_private_and_secrets_stay(data: Path):
    first = state.State(data / "state.json")
    first.fill_secrets()
    assert (data / "state.json").stat().st_mode & 0o777 == 0o600
    second = state.State(data / "state.json")
    second.fill_secrets()
    assert second.values == first.values
    assert len(set(second.values["passwords"].values())) == 5


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "The disk is full"), (errno.EROFS, "Can't write here")],
)
def test_full_disk_and_read_only_tree_are_said_in_one_line(
    number: int, said: str, capsys: pytest.CaptureFixture[str]
):
    def main() -> int:
        raise OSError(number, os.strerror(number), "/data/x")

    with pytest.raises(SystemExit) as end:
        problems.run_main(main)
    assert end.value.code == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("wish", ["", "1"])
def test_what_is_compiled_is_kept_though_not_beside_the_sources(tmp_path: Path, wish: str):
    source = tmp_path / "sources" / "compiled.py"
    source.parent.mkdir()
    source.write_text("")
    environment = {"PYTHONDONTWRITEBYTECODE": wish, "PYTHONPATH": str(source.parent)}
    bootstrap.keep_bytecode(environment, tmp_path / "kept")
    subprocess.run([sys.executable, "-c", "import compiled"], env=environment, check=True)
    beside = bool(list(source.parent.rglob("*.pyc")))
    apart = bool(list((tmp_path / "kept").rglob("compiled*.pyc")))
    assert (beside, apart) == ((False, True) if wish else (True, False))


def test_unreachable_registry_is_told_with_what_to_do():
    tool = "import sys; sys.exit('error: Failed to fetch x: client error (Connect): dns error')"
    tool = f"[print('WARNING: Retrying after NewConnectionError') for _ in range(5)]; {tool}"
    with pytest.raises(bootstrap.Failed, match="registry can't be reached") as failed:
        bootstrap.run([sys.executable, "-c", tool], what="installing")
    assert "dns error" in str(failed.value)
    assert "Retrying" not in str(failed.value)
    other = "import sys; sys.exit('error: no matching distribution')"
    with pytest.raises(bootstrap.Failed) as failed:
        bootstrap.run([sys.executable, "-c", other], what="installing")
    assert "can't be reached" not in str(failed.value)
    assert "no matching distribution" in str(failed.value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DATABASE_URL", "mysql://x:secret@127.0.0.1/kram", "DATABASE_URL must look like"),
        ("DATABASE_URL", "postgresql://x:secret@127.0.0.1:port/kram", "must look like"),
        ("DATABASE_OWNER_URL", "postgresql://x:secret@127.0.0.1/kram", "Give DATABASE_URL alone"),
    ],
)
def test_database_address_that_is_none_is_told_without_its_password(
    data: Path, name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
):
    for each in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL"):
        monkeypatch.delenv(each)
    monkeypatch.setenv(name, value)
    answer = run_serve(data, "--port", str(ports.pick_port()))
    assert answer.returncode == 1
    assert told in answer.stderr
    assert "secret" not in answer.stderr
    assert "Traceback" not in answer.stderr


def test_name_of_a_database_left_empty_means_the_embedded_one(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    own = services.Services(data)
    assert not own.is_embedded
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL"):
        monkeypatch.setenv(name, "")
    assert own.is_embedded


def test_data_without_their_passwords_are_left_alone(data: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL"):
        monkeypatch.delenv(name)
    services.Services(data)
    (data / "postgres").mkdir()
    services.Services(data)
    (data / "state.json").unlink()
    with pytest.raises(Problem, match=r"state\.json is gone"):
        services.Services(data)
    assert not (data / "state.json").exists()


def test_letters_are_for_their_owner_alone(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("EMAIL_FILE_PATH", raising=False)
    mail = Path(services.local_defaults(data)["EMAIL_FILE_PATH"])
    assert mail.stat().st_mode & 0o777 == 0o700


def test_each_database_has_demo_data_and_logins_of_its_own(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    own = "postgresql://127.0.0.1/other"
    names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL")
    for name in names:
        monkeypatch.delenv(name)
    server = serve.Server(serve._parse(["--demo"]), data)
    assert server._wants_demo()
    server.services.state.values["seeded"] = True
    services.demo_file(data).write_text('[{"email": "a@b.c", "password": "p"}]')
    assert not server._wants_demo()
    assert server._demo_logins() == {"p": ["a@b.c"]}
    monkeypatch.setenv("DATABASE_URL", own)
    assert server._wants_demo()
    assert server._demo_logins() == {}
