"""So many requests a minute for each key, counted in Redis.

Each process draws up to a hundredth of the limit at once, so that most requests need no round
trip. What it drew and did not use by the end of the minute was nobody's: a key may be refused
so much before its limit, never let through after it.
"""

import logging
import time
from collections import deque
from dataclasses import dataclass

import redis
from django.conf import settings
from django.http import HttpResponse

from crm.api.callers import Caller
from crm.api.problems import Problem
from crm.broker import own_name
from crm.once import once
from crm.tenancy.context import current_tenant_id

logger = logging.getLogger(__name__)
WINDOW = 60
_SHARE = 100
_MOST = 100
_MAX_KNOWN = 1_000
_drawn: dict[str, deque[int]] = {}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a caller has left in this window, and for how long it lasts."""

    limit: int
    used: int
    reset: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)

    def write_to(self, response: HttpResponse) -> None:
        """Add the RateLimit headers of the IETF draft."""
        response["RateLimit-Policy"] = f'"key";q={self.limit};w={WINDOW}'
        response["RateLimit"] = f'"key";r={self.left};t={self.reset}'


@once
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, max_connections=64
    )


def count_request(caller: Caller) -> Usage | None:
    """Count one request of the caller; None when Redis is away (nobody is shut out for that)."""
    limit = settings.API_REQUESTS_PER_MINUTE
    now = time.time()
    window = int(now) // WINDOW
    name = own_name(f"api-rate:{current_tenant_id()}:{caller.sender}:{window}")
    try:
        used = _take(name, min(max(1, limit // _SHARE), _MOST))
    except redis.RedisError:
        logger.warning("API: no rate limit, Redis does not answer")
        return None
    reset = max(1, int((window + 1) * WINDOW - now))
    return Usage(limit=limit, used=used, reset=reset)


def _take(name: str, size: int) -> int:
    """The next number of the window's count. Threads share the deque, whose ends are atomic."""
    drawn = _drawn.get(name)
    if drawn:
        try:
            return drawn.popleft()
        except IndexError:
            pass  # another thread was quicker
    pipe = _client().pipeline(transaction=False)
    pipe.incr(name, size)
    pipe.expire(name, WINDOW + 5)
    last = pipe.execute()[0]
    if size > 1:
        if len(_drawn) > _MAX_KNOWN:
            _drawn.clear()
        _drawn.setdefault(name, deque()).extend(range(last - size + 2, last + 1))
    return last - size + 1


def check_usage(usage: Usage | None) -> None:
    """Refuse a caller who has used up the window."""
    if usage is not None and usage.used > usage.limit:
        raise Problem("rate_limited", headers={"Retry-After": str(usage.reset)})
