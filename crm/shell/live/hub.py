"""The hub: ONE Redis subscription for each process, fanned out to a bounded queue per open page.

A page that does not keep up loses its backlog and is told to fetch everything again (`resync`).
After Redis was away all streams end, and pages come again: what was missed then is unknown, and
so is whether somebody still may listen.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio as aioredis
from django.conf import settings
from redis.exceptions import RedisError

from crm.accounts.scopes import Sight
from crm.shell.live.audience import Audience
from crm.shell.live.publishing import CHANNEL
from crm.shell.live.topics import is_of_rows

logger = logging.getLogger(__name__)
QUEUE_SIZE = 64
HEARTBEAT_SECONDS = 20
RECONNECT_SECONDS = (0.2, 0.5, 1, 2, 5)
RESYNC = b"event: resync\ndata: {}\n\n"
BEAT = b": beat\n\n"
END = b""


@dataclass(eq=False, slots=True)
class Listener:
    """One open page."""

    tenant_id: int
    member_id: int
    refused: frozenset[str] = frozenset()
    # What a narrow scope shows of orders; None: everything.
    sight: Sight | None = None
    user_id: int = 0
    queue: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(QUEUE_SIZE))

    def hears(self, event: dict[str, Any]) -> bool:
        told = event.get("member")
        if told not in (None, self.member_id):
            return False
        word = str(event.get("topic", "")).split(":", 1)[0]
        if word in self.refused:
            return False
        if self.sight is None or told == self.member_id or not is_of_rows(word):
            return True
        return Audience.from_json(event.get("audience")).has(self.member_id, self.sight)

    def is_meant(self, goodbye: dict[str, Any]) -> bool:
        """Tell whether the goodbye ends this stream: a person's, some members', or everybody's."""
        if "goodbye" in goodbye:
            return bool(goodbye["goodbye"] == self.user_id)
        members = goodbye["goodbye_members"]
        return members is None or self.member_id in members

    def end(self) -> None:
        """End the stream: the page comes again, and whether it may is asked then."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(END)

    def put(self, message: bytes) -> None:
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(RESYNC)


class Hub:
    """Belongs to one event loop. Subscribes with its first listener, lets go with its last."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._listeners: dict[int, set[Listener]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()

    @property
    def size(self) -> int:
        return sum(len(group) for group in self._listeners.values())

    async def join(self, listener: Listener) -> None:
        self._listeners[listener.tenant_id].add(listener)
        if self._task is None or self._task.done():
            self._ready.clear()
            self._task = asyncio.create_task(self._pump(), name="kram-live-hub")
        try:
            await asyncio.wait_for(self._ready.wait(), 2)
        except TimeoutError:
            logger.warning("The live hub waits for Redis; the page will be told to fetch again.")

    def leave(self, listener: Listener) -> None:
        group = self._listeners.get(listener.tenant_id, set())
        group.discard(listener)
        if not group:
            self._listeners.pop(listener.tenant_id, None)
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _pump(self) -> None:
        failures = 0
        while True:
            client = aioredis.Redis.from_url(self._url, health_check_interval=15)
            try:
                pubsub = client.pubsub(ignore_subscribe_messages=False)
                await pubsub.psubscribe(f"{CHANNEL}*")
                while True:
                    message = await pubsub.get_message(timeout=10)
                    if message is None:
                        continue
                    if message["type"] == "psubscribe":
                        self._ready.set()
                        if failures:
                            failures = 0
                            self._end_all()
                    elif message["type"] == "pmessage":
                        self._fan_out(message["channel"], message["data"])
            except (RedisError, OSError) as error:
                pause = RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)]
                failures += 1
                logger.warning("The live hub lost Redis (%s); again in %s s.", error, pause)
                await asyncio.sleep(pause)
            finally:
                await client.aclose()

    def _fan_out(self, channel: bytes, data: bytes) -> None:
        tail = channel.decode().removeprefix(CHANNEL)
        group = self._listeners.get(int(tail)) if tail.isdigit() else None
        if not group:
            return
        try:
            event = json.loads(data)
        except ValueError:
            logger.warning("A live event that is not JSON was dropped.")
            return
        if "goodbye" in event or "goodbye_members" in event:
            for listener in list(group):
                if listener.is_meant(event):
                    listener.end()
            return
        body = json.dumps({"topic": event.get("topic"), "payload": event.get("payload")})
        message = f"event: live\ndata: {body}\n\n".encode()
        for listener in list(group):
            if listener.hears(event):
                listener.put(message)

    def _end_all(self) -> None:
        for group in self._listeners.values():
            for listener in group:
                listener.end()


_hubs: dict[int, tuple[asyncio.AbstractEventLoop, Hub]] = {}


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    known = _hubs.get(id(loop))
    if known is None or known[0] is not loop:
        for key, (old, _hub) in list(_hubs.items()):
            if old.is_closed():
                del _hubs[key]
        known = _hubs[id(loop)] = (loop, Hub(settings.REDIS_URL))
    return known[1]


async def stream(
    listener: Listener, *, lifetime: float, heartbeat: float = HEARTBEAT_SECONDS
) -> AsyncIterator[bytes]:
    """Yield the listener's events as server-sent events until `lifetime` seconds have passed.

    The end makes the browser connect again, and so its permission is checked again. No ORM here.
    """
    home = hub()
    ends = asyncio.get_running_loop().time() + lifetime
    yield b"retry: 2000\n\n"
    try:
        await home.join(listener)
        yield b"event: hello\ndata: {}\n\n"
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                message = await asyncio.wait_for(listener.queue.get(), min(heartbeat, left))
            except TimeoutError:
                message = BEAT
            if message is END:
                return
            yield message
    finally:
        home.leave(listener)
