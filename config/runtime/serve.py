"""`bin/serve`: the whole product on this machine, with one command."""

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.runtime import paths, ports, processes, static_files, translations
from config.runtime.problems import Problem, run_main, told_full
from config.runtime.services import Services, demo_file, local_defaults, manage
from config.runtime.state import State, file_lock
from config.runtime.supervisor import Service, Stopped, Supervisor

_MARK = "KRAM_SUPERVISED"


def _is_on(value: str | None) -> bool:
    return (value or "").strip().lower() in {"1", "true", "yes", "on"}


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/serve", description="Run Kram on this machine.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (%(default)s)")
    demo = parser.add_mutually_exclusive_group()
    demo.add_argument("--demo", action="store_true", help="demo stores even with DATABASE_URL")
    demo.add_argument("--no-demo", action="store_true", help="begin with an empty product")
    parser.add_argument("--workers", type=int, default=2, help="web processes (%(default)s)")
    parser.add_argument("--verbose", action="store_true", help="show every line of every log")
    return parser.parse_args(argv)


@contextmanager
def own_data_folder(data: Path) -> Iterator[None]:
    """Hold the data folder for this run alone; end what a killed run left behind in it."""
    with file_lock(data / "serve.lock", wait=False) as got:
        if not got:
            running = State(data / "run.json").values
            raise Problem(
                f"Kram already runs on {data}: {running.get('url', 'starting')}"
                f" (process {running.get('pid', '?')}). KRAM_DATA names another folder."
            )
        left = processes.list_marked(str(data))
        if left:
            processes.wait_gone(left, seconds=1)
            processes.kill_all(processes.list_marked(str(data)))
        yield


class Server:
    """One run of the product."""

    def __init__(self, options: argparse.Namespace, data: Path) -> None:
        self.options = options
        self.data = data
        shown = "127.0.0.1" if options.host in {"0.0.0.0", "::"} else options.host
        self.url = f"http://{f'[{shown}]' if ':' in shown else shown}:{options.port}/"
        self.supervisor = Supervisor(mark=str(data), logs=data / "logs", verbose=options.verbose)
        self.logged = {log.name: log.stat().st_size for log in (data / "logs").glob("*.log")}
        self.services = Services(data)
        self.env: dict[str, str] = {}

    def run(self) -> int:
        """Start everything, say READY, watch until a signal comes, stop everything."""
        begun = time.monotonic()
        self.supervisor.catch_signals()
        self.supervisor.start_guard()
        try:
            self._start()
            self._say_ready(time.monotonic() - begun)
            self.supervisor.run()
        except Stopped:
            self.supervisor.say("stopping")
        except Problem as problem:
            # What failed names its own trouble; a server that found no room was the cause of it.
            if self._found_no_room():
                raise Problem(told_full(self.data)) from problem
            raise
        finally:
            self.supervisor.stop()
            (self.data / "run.json").unlink(missing_ok=True)
        return 0

    def _start(self) -> None:
        self.env = {**os.environ, **self._defaults(), **self.services.start(self.supervisor)}
        self.env[_MARK] = str(self.data)
        run = State(self.data / "run.json")
        run.values = {"pid": os.getpid(), "url": self.url, "environment": self._shareable()}
        run.save()
        translations.compile_stale()
        self._gather_static()
        self._step("migrating the database", manage("migrate", "--database", "owner", "-v", "0"))
        if self._wants_demo():
            self._seed()
        self.supervisor.add(self._web(), self._worker(), self._beat(), self._sender())

    def _defaults(self) -> dict[str, str]:
        hosts = ["127.0.0.1", "localhost", "[::1]"]
        if self.options.host not in {"127.0.0.1", "localhost", "::1"}:
            hosts += [self.options.host, socket.gethostname(), socket.getfqdn()]
        defaults = {
            "ALLOWED_HOSTS": ",".join(dict.fromkeys(hosts)),
            "BASE_URL": self.url.rstrip("/"),
            "DATABASE_POOL": "true",
            "STATIC_ROOT": str(static_files.root_of(self.data)),
            # Whoever works on the style sheets wants to see them change.
            "STATIC_HASHED": "0" if _is_on(os.environ.get("DEBUG")) else "1",
        }
        unset = {name: value for name, value in defaults.items() if name not in os.environ}
        return {**local_defaults(self.data), **unset}

    def _shareable(self) -> dict[str, str]:
        """Return what another command needs to work on the same servers."""
        names = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SYSTEM_URL", "REDIS_URL")
        names += ("SECRET_KEY", "KRAM_FIELD_KEYS", "BASE_URL", "ALLOWED_HOSTS")  # type: ignore[assignment]
        names += ("EMAIL_BACKEND", "EMAIL_FILE_PATH", "KRAM_DEMO_FILE")  # type: ignore[assignment]
        return {name: self.env[name] for name in names if name in self.env}

    def _found_no_room(self) -> bool:
        """Tell whether a log has said in this run that the disk is full."""
        for log in (self.data / "logs").glob("*.log"):
            begun = self.logged.get(log.name, 0)
            with log.open("rb") as file:
                file.seek(begun if begun <= log.stat().st_size else 0)
                if b"No space left on device" in file.read():
                    return True
        return False

    # --- One-time steps ------------------------------------------------------------------------

    def _step(self, what: str, argv: list[str]) -> None:
        """Run a command to its end; go on noticing signals and dead servers meanwhile."""
        self.supervisor.say(what)
        log = self.data / "logs" / "setup.log"
        progress = self.data / "logs" / "progress.log"
        with log.open("ab") as errors, progress.open("wb") as output:
            begun = errors.tell()
            child = processes.spawn(
                argv, env=self._worker_env(), cwd=paths.ROOT, output=output, errors=errors
            )
        try:
            shown = 0
            while child.poll() is None:
                self.supervisor.pause(0.2)
                shown = self._show(progress, shown)
        finally:
            if child.poll() is None:
                processes.kill_session(child.pid)
                child.wait()
        self._show(progress, shown)
        if child.returncode != 0:
            with log.open("rb") as file:
                file.seek(begun)
                words = file.read().decode(errors="replace").strip().splitlines()[-25:]
            raise Problem(f"{what} failed:\n" + "\n".join(f"    {line}" for line in words))

    def _show(self, log: Path, position: int) -> int:
        with log.open("rb") as file:
            file.seek(position)
            text = file.read()
        whole = text.rpartition(b"\n")[0]
        for line in whole.decode(errors="replace").splitlines():
            self.supervisor.say(f"  {line.strip()}")
        return position + len(whole) + (1 if whole else 0)

    def _gather_static(self) -> None:
        if _is_on(self.env["STATIC_HASHED"]) and static_files.is_stale(self.data):
            argv = manage("collectstatic", "--clear", "--no-input", "-v", "0")
            self._step("gathering the static files", argv)
            static_files.mark_gathered(self.data)

    def _wants_demo(self) -> bool:
        if self.services.is_embedded:
            return not (self.options.no_demo or self.services.state.values.get("seeded"))
        # Whether it has been filled is known to that database alone.
        return bool(self.options.demo)

    def _seed(self) -> None:
        command = manage("seed_demo", "--if-empty")
        if not self.services.is_embedded:
            self._step("filling the demo stores, if there is no company yet", command)
            return
        state = self.services.state
        # A run that is killed meanwhile leaves half a store: the next one begins it anew.
        state.values["seeding"] = True
        state.save()
        self._step("filling the demo stores", command)
        state.values |= {"seeding": False, "seeded": True}
        state.save()

    # --- Services ------------------------------------------------------------------------------

    def _worker_env(self) -> dict[str, str]:
        """Outside the web there are few threads: connections are kept, not pooled."""
        return {**self.env, "DATABASE_POOL": "false"}

    def _program(
        self, argv: list[str], env: dict[str, str]
    ) -> Callable[[Path], "subprocess.Popen[bytes]"]:
        def start(log: Path) -> "subprocess.Popen[bytes]":
            with log.open("ab") as output:
                return processes.spawn(
                    [sys.executable, "-m", *argv], env=env, cwd=paths.ROOT, output=output
                )

        return start

    def _web(self) -> Service:
        argv = ["uvicorn", "config.asgi:application", "--host", self.options.host]
        argv += ["--port", str(self.options.port), "--workers", str(self.options.workers)]
        argv += ["--timeout-graceful-shutdown", "2", "--no-access-log", "--log-level", "warning"]
        argv += ["--timeout-worker-healthcheck", "30", "--lifespan", "off", "--no-server-header"]
        return Service("web", self._program(argv, self.env), is_ready=lambda pid: self._answers())

    def _worker(self) -> Service:
        argv = ["celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO"]
        argv += ["--without-gossip", "--without-mingle", "--hostname", f"kram-{os.getpid()}@%h"]
        return self._celery("worker", argv, " ready.")

    def _beat(self) -> Service:
        argv = ["celery", "-A", "config", "beat", "--loglevel", "WARNING", "--pidfile", ""]
        argv += ["--schedule", str(self.data / "beat-schedule")]
        # The last line of its banner: what it says later is below the level of its log.
        return self._celery("beat", argv, ". maxinterval ->")

    def _sender(self) -> Service:
        """Webhooks go out from a process of their own: receivers may be slow."""
        argv = ["manage", "send_webhooks", "--grace", "2"]
        return self._celery("sender", argv, "sender: ready")

    def _celery(self, name: str, argv: list[str], ready_words: str) -> Service:
        """A program is ready when it says so, or has lived long enough to be believed."""
        begun = time.monotonic()

        def is_ready(pid: int) -> bool:
            if self.supervisor.has_said(name, ready_words):
                return True
            silent = time.monotonic() - begun > 30
            if silent:
                self.supervisor.say(f"{name} runs, and has not said that it is ready")
            return silent

        return Service(name, self._program(argv, self._worker_env()), is_ready=is_ready)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}readyz", timeout=5) as answer:  # noqa: S310 our own address
                return int(answer.status) == 200
        except (urllib.error.URLError, OSError):
            return False

    # --- The line ------------------------------------------------------------------------------

    def _say_ready(self, seconds: float) -> None:
        line = f"READY {self.url} ({seconds:.0f} s)"
        logins = self._demo_logins()
        if logins:
            line += "  demo logins: " + "; ".join(
                f"{', '.join(emails)} with password {password}"
                for password, emails in logins.items()
            )
        print(line, flush=True)

    def _demo_logins(self) -> dict[str, list[str]]:
        """Return the e-mails of each password that the demo data came with."""
        logins: dict[str, list[str]] = {}
        try:
            for one in json.loads(demo_file(self.data).read_text()):
                logins.setdefault(one["password"], []).append(one["email"])
        except (OSError, ValueError):
            return {}
        return logins


def main() -> int:
    options = _parse(sys.argv[1:])
    if not 0 < options.port < 65536:
        raise Problem(f"{options.port} is no port.")
    data = paths.get_data_dir()
    with own_data_folder(data):
        if not ports.is_free(options.port, options.host):
            raise Problem(
                f"Port {options.port} is taken by another program."
                f" Choose another: bin/serve --port {ports.pick_port(options.port + 1)}"
            )
        return Server(options, data).run()


if __name__ == "__main__":
    run_main(main)
