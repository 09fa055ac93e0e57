"""The sender: one process that finds what is due in all companies and calls out, many at a time.

A receiver that hangs holds a coroutine and a socket, never a thread or a place in the queue. An
endpoint has one call at a time; endpoints that fail may take up half of all places, so that
however many they are, the others go on.
"""

import asyncio
import logging
import signal
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import redis.asyncio as redis
from django.conf import settings
from django.db import close_old_connections, connections
from django.utils import timezone

from crm.tenancy.context import tenant_scope
from crm.tenancy.system import rows_of_tenants
from crm.webhooks import client
from crm.webhooks.actions.lane import Claim
from crm.webhooks.actions.send import claim, settle
from crm.webhooks.signing import make_headers
from crm.webhooks.wake import CHANNEL

logger = logging.getLogger(__name__)
T = TypeVar("T")
Key = tuple[int, int]

PLACES = 256  # calls at a time
PLACES_FOR_FAILING = PLACES // 2
IN_A_ROW = 20  # deliveries to one endpoint before it goes to the end of the line
LOOK_EVERY = 1.0  # seconds; a hint makes it sooner
_DUE = (
    "r.state = 'on' AND r.next_at <= now() AND (r.leased_until IS NULL OR r.leased_until <= now())"
)


class Sender:
    """Runs until it is told to stop; what is under way then may still end."""

    def __init__(self, *, threads: int = 4, alive: Path | None = None) -> None:
        self._alive = alive  # touched after each look that went well
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="webhooks-db")
        self._calls: dict[Key, asyncio.Task[None]] = {}
        self._failing: set[Key] = set()
        self._stopped = asyncio.Event()
        self._due = asyncio.Event()
        self._context: ssl.SSLContext = client.make_ssl_context()
        self.sent = 0

    def stop(self) -> None:
        self._stopped.set()
        self._due.set()

    async def run(self, *, grace: float = 12.0) -> None:
        """Find and send until stop(); then wait for what is under way."""
        listener = asyncio.create_task(self._listen())
        try:
            while not self._stopped.is_set():
                self._due.clear()
                try:
                    await self._look()
                except Exception:
                    logger.exception("the sender could not look for what is due")
                else:
                    if self._alive:
                        self._alive.touch()
                await self._pause(LOOK_EVERY)
        finally:
            listener.cancel()
            if self._calls:
                await asyncio.wait(self._calls.values(), timeout=grace)
            self._threads.shutdown(wait=True)

    async def run_dry(self) -> None:
        """Send what is due now, and what becomes due meanwhile; then return (tests, commands)."""
        while True:
            await self._look()
            if not self._calls:
                break
            await asyncio.wait(self._calls.values(), return_when=asyncio.FIRST_COMPLETED)
        await self._in_thread(connections.close_all)
        self._threads.shutdown(wait=True)

    async def _look(self) -> None:
        for key in await self._in_thread(_find_due):
            if self._stopped.is_set() or len(self._calls) >= PLACES:
                return
            if key in self._calls:
                continue
            if key in self._failing and self._count_failing() >= PLACES_FOR_FAILING:
                continue
            task = asyncio.create_task(self._serve(key))
            self._calls[key] = task
            task.add_done_callback(partial(self._ended, key))

    def _count_failing(self) -> int:
        return sum(key in self._failing for key in self._calls)

    def _ended(self, key: Key, _task: asyncio.Task[None]) -> None:
        del self._calls[key]

    async def _serve(self, key: Key) -> None:
        """Deliver to one endpoint, one after another, while something is due for it."""
        try:
            held = await self._in_scope(key[0], lambda: claim(endpoint_id=key[1], now=_now()))
            for number in range(1, IN_A_ROW + 1):
                if held is None:
                    return
                (self._failing.add if held.failing else self._failing.discard)(key)
                held = await self._deliver(held, go_on=number < IN_A_ROW)
            self._due.set()
        except Exception:
            # The lease runs out by itself, and the delivery is made again.
            logger.exception("a delivery to endpoint %s of company %s broke", key[1], key[0])

    async def _deliver(self, held: Claim, *, go_on: bool) -> Claim | None:
        headers = make_headers(
            held.keys, message_id=held.message_id, timestamp=int(time.time()), body=held.body
        )
        answer = await client.post(held.url, headers, held.body, context=self._context)
        go_on = go_on and not self._stopped.is_set()
        following = await self._in_scope(
            held.tenant_id,
            lambda: settle(claim=held, answer=answer, now=_now(), go_on=go_on),
        )
        self.sent += 1
        return following

    async def _in_scope(self, tenant_id: int, work: Callable[[], T]) -> T:
        def run() -> T:
            with tenant_scope(tenant_id):
                return work()

        return await self._in_thread(run)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        def run() -> T:
            close_old_connections()
            return work()

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._due.wait()
        except TimeoutError:
            pass

    async def _listen(self) -> None:
        """Hear that something is due. Without the broker the sender looks every second."""
        while True:
            connection = redis.Redis.from_url(settings.REDIS_URL, health_check_interval=30)
            try:
                async with connection.pubsub() as hints:
                    await hints.subscribe(CHANNEL)
                    async for _hint in hints.listen():
                        self._due.set()
            except (redis.RedisError, OSError) as error:
                logger.warning("the sender hears no hints: %s", error)
                await asyncio.sleep(5)
            finally:
                await connection.aclose()


def _find_due() -> list[Key]:
    return rows_of_tenants(table="webhooks_webhookendpoint", condition=_DUE)


def _now() -> Any:
    return timezone.now()


def run_sender(*, grace: float, alive: Path | None = None) -> None:
    """Run a sender in this process until SIGTERM or SIGINT."""

    async def main() -> None:
        sender = Sender(alive=alive)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, sender.stop)
        logger.info("the sender of webhooks is ready")
        await sender.run(grace=grace)

    asyncio.run(main())
