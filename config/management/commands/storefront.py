"""`manage.py storefront`: an online store that pushes orders, for trying the product.

A program of its own: it knows nothing but the public API's address and a key.
"""

import os
import random
import threading
import time
import uuid
from queue import Empty, Queue
from typing import Any

import httpx
from django.core.management.base import BaseCommand, CommandError

from config.demo.people import make_person


class Command(BaseCommand):
    help = "Push believable orders through the public API at a steady rate."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--url", default=os.environ.get("BASE_URL", "http://127.0.0.1:8000"))
        parser.add_argument("--key", default=os.environ.get("KRAM_API_KEY", ""))
        parser.add_argument("--rate", type=float, default=1.0, help="orders a second")
        parser.add_argument("--duration", type=float, default=30.0, help="seconds")
        parser.add_argument("--workers", type=int, default=4, help="requests under way at once")
        parser.add_argument("--seed", type=int, default=None)

    def handle(self, *args, **options) -> None:
        if not options["key"]:
            raise CommandError(
                "Give a key with --key or KRAM_API_KEY: make one in Settings, API keys, or with"
                " `manage.py create_api_key --company demo`."
            )
        if options["rate"] <= 0 or options["duration"] <= 0:
            raise CommandError("--rate and --duration must be above zero.")
        store = Storefront(options["url"], options["key"], options["workers"], options["seed"])
        store.learn()
        self.stdout.write(f"{len(store.goods)} goods on the shelf; selling.")
        store.sell(rate=options["rate"], duration=options["duration"])
        self.stdout.write(store.report())
        if store.refused:
            raise CommandError(f"{len(store.refused)} orders were refused: {store.refused[0]}")


class Storefront:
    """Reads the goods once, then places orders from a few threads."""

    def __init__(self, url: str, key: str, workers: int, seed: int | None) -> None:
        self.http = httpx.Client(
            base_url=url.rstrip("/") + "/api/v1",
            headers={"Authorization": f"Bearer {key}", "User-Agent": "Kram storefront"},
            timeout=30,
        )
        self.workers = workers
        self.rnd = random.Random(seed)
        self.run = uuid.uuid4().hex[:8]
        self.goods: list[dict[str, Any]] = []
        self.placed = 0
        self.retried = 0
        self.seconds: list[float] = []
        self.refused: list[str] = []
        self._lock = threading.Lock()

    def learn(self) -> None:
        """Read what is on sale, page by page."""
        url: str | None = "/products?limit=200"
        while url:
            answer = self.http.get(url)
            if answer.status_code != 200:
                raise CommandError(f"The goods can't be read: {answer.status_code} {answer.text}")
            page = answer.json()
            for product in page["results"]:
                self.goods += [v for v in product["variants"] if v["is_active"]]
            url = page.get("next")
        if not self.goods:
            raise CommandError("The company has nothing on sale.")

    def sell(self, *, rate: float, duration: float) -> None:
        """Place orders at the rate for the duration, on time even when answers are slow."""
        queue: Queue[dict[str, Any]] = Queue()
        over = threading.Event()
        threads = [
            threading.Thread(target=self._work, args=(queue, over), daemon=True)
            for _ in range(self.workers)
        ]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        for number in range(max(1, int(rate * duration))):
            wait = began + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            queue.put(self.make_order(number))
        over.set()
        for thread in threads:
            thread.join()

    def make_order(self, number: int) -> dict[str, Any]:
        person = make_person(self.rnd, self.rnd.randrange(2_000_000))
        lines = self.rnd.sample(self.goods, min(len(self.goods), self.rnd.choice((1, 1, 2, 3))))
        return {
            "external_id": f"{self.run}-{number}",
            "channel": "site",
            "customer": {"name": person.name, "phone": person.phone, "email": person.email},
            "lines": [
                {"sku": v["sku"], "quantity": self.rnd.choice((1, 1, 1, 2)), "price": v["price"]}
                for v in lines
            ],
            "delivery": {
                "method": person.method,
                "city": person.city,
                "branch": person.branch,
                "street": person.street,
            },
            "payment": {"method": self.rnd.choice(("cod", "card"))},
        }

    def _work(self, queue: Queue, over: threading.Event) -> None:
        while not (over.is_set() and queue.empty()):
            try:
                order = queue.get(timeout=0.2)
            except Empty:
                continue
            self._place(order)

    def _place(self, order: dict[str, Any]) -> None:
        """Push one order; a lost answer or a busy service is tried again with the same key."""
        began = time.monotonic()
        for attempt in range(6):
            try:
                answer = self.http.post(
                    "/orders", json=order, headers={"Idempotency-Key": order["external_id"]}
                )
            except httpx.TransportError as error:
                failure = f"no answer: {error}"
            else:
                if answer.status_code in {200, 201}:
                    with self._lock:
                        self.placed += 1
                        self.seconds.append(time.monotonic() - began)
                    return
                failure = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code not in {408, 409, 425, 429} and answer.status_code < 500:
                    break
            with self._lock:
                self.retried += 1
            time.sleep(0.5 * 2**attempt)
        with self._lock:
            self.refused.append(failure)

    def report(self) -> str:
        times = sorted(self.seconds) or [0.0]
        middle, slow = times[len(times) // 2], times[int(len(times) * 0.95)]
        return (
            f"{self.placed} orders placed, {self.retried} tries repeated,"
            f" {len(self.refused)} refused; an answer took {middle * 1000:.0f} ms,"
            f" in 95 of 100 at most {slow * 1000:.0f} ms."
        )
