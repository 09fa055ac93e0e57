"""Keeps a handful of services running together: start in order, restart, stop in reverse order.

Every service is a session of its own. Laws: none outlives the supervisor (the kernel sends
SIGTERM when it dies, and the guard ends the rest); one that dies is started again after a
pause; one that keeps dying at once ends everything, with its last words.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config.runtime import paths, processes
from config.runtime.problems import Problem

_QUICK = 8.0  # a service that lived for less did not really start
_TRIES = 3
# Stopping takes five seconds at most: so long are all together waited for, servers the last.
_STOP_SECONDS = 4.5
_LOUD_LINES, _LOUD_SECONDS = 6, 20.0
_LOG_LIMIT = 10 * 2**20
_LOUD = re.compile(r"(?<!%)\b(WARNING|ERROR|CRITICAL|FATAL|PANIC)\b|^\w*(Error|Exception)\b")

# The kernel's setting is not ours to change, and one machine's store does not need it.
_HARMLESS = re.compile(r"Memory overcommit|Transparent Huge Pages|TCP backlog setting")


class Stopped(Exception):
    """Somebody asked the supervisor to stop."""


@dataclass
class Service:
    """One long-running program: how to start it, when it is ready, how to stop it."""

    name: str
    start: Callable[[Path], "subprocess.Popen[bytes]"]
    is_ready: Callable[[int], bool] = lambda pid: True
    stop_signal: int = signal.SIGTERM
    grace: float = 2.5
    ready_seconds: float = 60.0
    is_server: bool = False  # a database or broker: stopped after everything that uses it
    child: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    quick_deaths: int = 0
    restart_at: float | None = None
    shown: int = 0  # bytes of its log that were shown
    loud: list[float] = field(default_factory=list)  # when loud lines came lately
    log_begins: int = 0  # where in its log this start of it begins


class Supervisor:
    """Runs services until a signal comes or one of them can't be kept alive."""

    def __init__(self, *, mark: str, logs: Path, verbose: bool = False) -> None:
        self.mark = mark
        self.logs = logs
        self.verbose = verbose
        self.services: list[Service] = []
        self._stop = False
        self._guard_pipe: int | None = None
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._waker, False)

    # --- Signals -----------------------------------------------------------------------------

    def catch_signals(self) -> None:
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _on_stop(self, *_: object) -> None:
        self._stop = True

    def pause(self, seconds: float) -> None:
        """Sleep until something happens; raise Stopped when asked to stop."""
        if not self._stop:
            select.select([self._wake], [], [], seconds)
            try:
                os.read(self._wake, 4096)
            except BlockingIOError:
                pass
        if self._stop:
            raise Stopped

    # --- Start -------------------------------------------------------------------------------

    def start_guard(self) -> None:
        """Start the watcher that outlives us. Everything started later is in its care."""
        read_end, self._guard_pipe = os.pipe()
        processes.spawn(
            [sys.executable, "-m", "config.runtime.guard", self.mark],
            env=dict(os.environ),
            cwd=paths.ROOT,
            output=subprocess.DEVNULL,
            stdin=read_end,
            death_signal=None,
        )
        os.close(read_end)

    def log_of(self, service: Service) -> Path:
        return self.logs / f"{service.name}.log"

    def add(self, *services: Service) -> None:
        """Start services together and wait until each is ready."""
        for service in services:
            log = self.log_of(service)
            service.shown = log.stat().st_size if log.exists() else 0
            self.services.append(service)
            self._start(service)
        for service in services:
            self._wait_ready(service)

    def _wait_ready(self, service: Service) -> None:
        deadline = time.monotonic() + service.ready_seconds
        while not (service.child and service.is_ready(service.child.pid)):
            for one in self.services:
                self._look_after(one)
            if time.monotonic() > deadline:
                raise Problem(
                    f"{service.name} was not ready in {service.ready_seconds:.0f} s."
                    f" Its last words:\n{self._last_words(service)}"
                )
            self.pause(0.1)

    def has_said(self, name: str, words: str) -> bool:
        """Tell whether a running service has logged these words since it was started."""
        for service in self.services:
            if service.name == name and service.child:
                with self.log_of(service).open("rb") as file:
                    file.seek(service.log_begins)
                    return words.encode() in file.read(256 * 1024)
        return False

    def _start(self, service: Service) -> None:
        service.restart_at = None
        service.started = time.monotonic()
        log = self.log_of(service)
        service.log_begins = log.stat().st_size if log.exists() else 0
        service.child = service.start(log)

    # --- Watch -------------------------------------------------------------------------------

    def run(self) -> None:
        """Watch until asked to stop."""
        while True:
            for service in self.services:
                self._look_after(service)
            self.pause(0.5)

    def _look_after(self, service: Service) -> None:
        self._show_log(service)
        if service.restart_at is not None and time.monotonic() >= service.restart_at:
            self._start(service)
        if service.child is None or service.child.poll() is None:
            return
        lived = time.monotonic() - service.started
        status, leader = service.child.returncode, service.child.pid
        service.child = None
        self._show_log(service)
        # Its own children would hold its port or its work.
        if not service.is_server:
            processes.kill_session(leader)
        service.quick_deaths = service.quick_deaths + 1 if lived < _QUICK else 1
        if service.quick_deaths >= _TRIES and lived < _QUICK:
            raise Problem(
                f"{service.name} keeps ending at once (status {status}). Its last words:\n"
                f"{self._last_words(service)}"
            )
        wait = 0.5 * 2 ** (service.quick_deaths - 1)
        self.say(f"{service.name} ended (status {status}); starting it again")
        service.restart_at = time.monotonic() + wait

    # --- Stop --------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop everything: first what uses the servers, then the servers, newest first."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end = time.monotonic() + _STOP_SECONDS
        for servers in (False, True):
            group = [one for one in reversed(self.services) if one.is_server is servers]
            self._stop_group([one for one in group if one.child is not None], end)
            # Whatever left its session.
            processes.kill_all(processes.list_marked(self.mark))
        if self._guard_pipe is not None:
            os.write(self._guard_pipe, b"done\n")
            os.close(self._guard_pipe)
            self._guard_pipe = None

    def _stop_group(self, group: list[Service], end: float) -> None:
        running = [one.child for one in group if one.child is not None]
        for service, child in zip(group, running, strict=True):
            processes.send(child.pid, service.stop_signal)
        deadline = min(end, time.monotonic() + max((one.grace for one in group), default=0))
        while any(child.poll() is None for child in running) and time.monotonic() < deadline:
            time.sleep(0.03)
        for service, child in zip(group, running, strict=True):
            if child.poll() is None and service.is_server:
                # A server is told to drop everything; its next start recovers what was stored.
                processes.send(child.pid, signal.SIGQUIT)
                processes.wait_gone([child.pid], seconds=0.3)
            processes.kill_session(child.pid)
            child.wait()

    # --- Words -------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        print(f"kram: {text}", file=sys.stderr, flush=True)

    def _last_words(self, service: Service, lines: int = 15) -> str:
        try:
            text = self.log_of(service).read_text(errors="replace")[-4000:]
        except OSError:
            return "    (it wrote nothing)"
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def _show_log(self, service: Service) -> None:
        """Show new lines of its log on the terminal: the loud ones, or all when verbose."""
        try:
            with self.log_of(service).open("rb") as file:
                file.seek(service.shown)
                new = file.read(64 * 1024)
        except OSError:
            return
        if not new and service.shown > _LOG_LIMIT:
            # It appends to an open file: the file must stay, and be emptied.
            shutil.copyfile(self.log_of(service), self.log_of(service).with_suffix(".log.1"))
            os.truncate(self.log_of(service), 0)
            service.shown = service.log_begins = 0
        whole = new.rpartition(b"\n")[0]
        if not whole:
            return
        service.shown += len(whole) + 1
        for line in whole.decode(errors="replace").splitlines():
            if self.verbose:
                self._print(service, line)
            elif _LOUD.search(line) and not _HARMLESS.search(line):
                self._print_some(service, line)

    def _print(self, service: Service, line: str) -> None:
        print(f"{service.name:>8} | {line}", file=sys.stderr, flush=True)

    def _print_some(self, service: Service, line: str) -> None:
        """Print a loud line, unless many came just before: the log has them all."""
        now = time.monotonic()
        service.loud = [moment for moment in service.loud if moment > now - _LOUD_SECONDS]
        if len(service.loud) < _LOUD_LINES:
            self._print(service, line)
        elif len(service.loud) == _LOUD_LINES:
            self._print(service, f"… more of this in {self.log_of(service)}")
        service.loud.append(now)
