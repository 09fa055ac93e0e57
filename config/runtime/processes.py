"""Child processes: started so that they can't outlive us by accident, found again if they do."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

NOBODY = 65534


def spawn(
    argv: Sequence[str],
    *,
    env: dict[str, str],
    cwd: str | Path,
    output: int | IO[bytes],
    errors: int | IO[bytes] = subprocess.STDOUT,
    stdin: int = subprocess.DEVNULL,
    as_nobody: bool = False,
    death_signal: int | None = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own. Call from the main thread.

    On Linux the child gets `death_signal` when this process dies, however it dies; None lets
    it live on.
    """
    parent = os.getpid()

    def in_child() -> None:
        # A terminal's Ctrl-C must reach us alone; ignored signals would be inherited.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        if death_signal is not None and _libc is not None:
            # After the change of user, which would clear it.
            _libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if as_nobody else {}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        list(argv),
        env=env,
        cwd=str(cwd),
        stdin=stdin,
        stdout=output,
        stderr=errors,
        start_new_session=True,
        preexec_fn=in_child,
        **user,
    )


def is_alive(pid: int) -> bool:
    """Tell whether a process runs (one that has ended but was not waited for does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] not in {b"Z", b"X"}
    except OSError:
        return not Path("/proc/self").exists()


def _all_pids() -> Iterable[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def list_session(leader: int) -> list[int]:
    """Return the living processes of a session, its leader included."""
    found = []
    for pid in _all_pids():
        try:
            if os.getsid(pid) == leader and is_alive(pid):
                found.append(pid)
        except OSError:
            continue
    return found


def list_marked(mark: str) -> list[int]:
    """Return the living processes, but this one, that carry `KRAM_SUPERVISED=mark`."""
    wanted = f"KRAM_SUPERVISED={mark}".encode()
    found = []
    for pid in _all_pids():
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                carries = wanted in file.read().split(b"\0")
        except OSError:
            continue
        if carries and pid != os.getpid() and is_alive(pid):
            found.append(pid)
    return found


def kill_session(leader: int) -> None:
    """End what is left of a session, after its leader too has gone."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    kill_all(list_session(leader))


def list_working_in(folder: Path) -> list[int]:
    """Return the living processes whose working directory is this folder."""
    found = []
    for pid in _all_pids():
        try:
            if os.readlink(f"/proc/{pid}/cwd") == str(folder) and is_alive(pid):
                found.append(pid)
        except OSError:
            continue
    return found


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def kill_all(find: Iterable[int]) -> None:
    for pid in find:
        send(pid, signal.SIGKILL)


def wait_gone(pids: Iterable[int], *, seconds: float) -> bool:
    """Wait until none of them runs; return False when the time is over."""
    deadline = time.monotonic() + seconds
    left = list(pids)
    while left:
        left = [pid for pid in left if is_alive(pid)]
        if left and time.monotonic() > deadline:
            return False
        if left:
            time.sleep(0.03)
    return True
