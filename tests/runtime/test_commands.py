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

from config.runtime import bootstrap, paths, problems, state
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


def test_unreachable_registry_is_told_with_what_to_do():
    tool = "import sys; sys.exit('error: Failed to fetch x: client error (Connect): dns error')"
    with pytest.raises(bootstrap.Failed, match="registry can't be reached"):
        bootstrap.run([sys.executable, "-c", tool], what="installing")
    other = "import sys; sys.exit('error: no matching distribution')"
    with pytest.raises(bootstrap.Failed) as failed:
        bootstrap.run([sys.executable, "-c", other], what="installing")
    assert "can't be reached" not in str(failed.value)
    assert "no matching distribution" in str(failed.value)
