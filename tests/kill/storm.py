"""The product's own processes under a storm of orders, and storefronts that do not give up."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from threading import Event, Lock, Thread
from typing import Any

from config.runtime import ports

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = 6
DONE = {200, 201}
AGAIN = {409, 429, 500, 502, 503, 504}


class Product:
    """The web with two workers and a worker of jobs, as bin/serve starts them."""

    def __init__(self) -> None:
        self.port = ports.pick_port()
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        python = (sys.executable, "-m")
        web = ("uvicorn", "config.asgi:application", "--host", "127.0.0.1")
        web += ("--port", str(self.port), "--workers", "2", "--lifespan", "off")
        web += ("--no-access-log", "--log-level", "critical")
        jobs = ("celery", "-A", "config", "worker", "--concurrency", "1", "--loglevel", "ERROR")
        jobs += ("--without-gossip", "--without-mingle")
        env = {**os.environ, "API_REQUESTS_PER_MINUTE": "1000000"}
        for command in (web, jobs):
            self._running.append(
                subprocess.Popen(
                    [*python, *command],
                    cwd=ROOT,
                    env=env,
                    start_new_session=True,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )

    def kill(self) -> None:
        """End every process of it at once, as a power cut does."""
        for process in self._running:
            os.killpg(process.pid, signal.SIGKILL)
        for process in self._running:
            process.wait(10)
        self._running.clear()


class Storefronts:
    """Clients that push each order until somebody answers, with the same key every time."""

    def __init__(self, port: int, api_key: str, *, keyed: bool = True) -> None:
        self.port = port
        self.api_key = api_key
        self.keyed = keyed
        self.answers: dict[int, list[tuple[int, Any]]] = defaultdict(list)
        self.torn = 0  # tries that nobody answered
        self._lock = Lock()
        self._queue: Queue[int] = Queue()
        self._stop = Event()

    def push(self, count: int, body_of: Callable[[int], dict[str, Any]]) -> list[Thread]:
        """Begin to push `count` orders; every third client hangs up before the first answer."""
        for number in range(count):
            self._queue.put(number)
        threads = [Thread(target=self._work, args=(body_of,), daemon=True) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        return threads

    def stop(self) -> None:
        self._stop.set()

    def is_served(self) -> bool:
        """Whether somebody answers at all."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    @property
    def answered(self) -> int:
        with self._lock:
            return len(self.answers)

    def _work(self, body_of: Callable[[int], dict[str, Any]]) -> None:
        while not self._stop.is_set():
            try:
                number = self._queue.get_nowait()
            except Empty:
                return
            hang_up = number % 3 == 0
            while not self._stop.is_set():
                status, answer = self._try(number, body_of(number), hang_up=hang_up)
                hang_up = False
                if status and status not in AGAIN:
                    with self._lock:
                        self.answers[number].append((status, answer))
                    break
                time.sleep(0.1)

    def _try(self, number: int, body: dict[str, Any], *, hang_up: bool) -> tuple[int, Any]:
        headers = {
            "Authorization": f"Bearer {self.api_key}",
            "Content-Type": "application/json",
        }
        if self.keyed:
            headers["Idempotency-Key"] = f"storm-{number}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/api/v1/orders", json.dumps(body), headers)
            if hang_up:
                time.sleep(0.3)
                with self._lock:
                    self.torn += 1
                return 0, None
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            with self._lock:
                self.torn += 1
            return 0, None
        finally:
            connection.close()


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
