"""A brake on guessing: after some failures each next try waits longer, by e-mail and by address.

A try is taken before the password is looked at, and by steps that the cache does at once: many
tries sent together pass no more than one after another would.
"""

import hashlib
import ipaddress
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` tries, the last of which begins a wait, as each later one does.

    The waits double from `first` to `longest` seconds.
    """

    free: int
    first: int
    longest: int

    def wait(self, number: int) -> int:
        """Return how long the wait of this number is, counted from 1."""
        return min(self.first * 2 ** min(number - 1, 20), self.longest)


# Who shares an office shares an address: more is allowed to it than to one e-mail.
LIMITS = {
    "email": Limit(free=5, first=15, longest=300),
    "address": Limit(free=30, first=15, longest=1800),
}


@dataclass(frozen=True, slots=True)
class Brake:
    """The counters of one sender. `purpose` keeps signing in apart from, say, resets."""

    purpose: str
    email: str
    address: str

    def take_try(self) -> int:
        """Take a try, counted as failed until `forgive` says otherwise, and return 0.

        Returns how many seconds this sender must still wait where no try is open.
        """
        seconds = self._seconds_left()
        if seconds:
            return seconds
        for name, key in self._keys().items():
            cache.add(key, 0, DAY)
            limit = LIMITS[name]
            if cache.incr(key) < limit.free:
                continue
            # Of many that come here together, one begins the next wait and passes.
            if not cache.add(f"{key}:until", time.time() + limit.first, limit.first):
                cache.decr(key)
                return self._seconds_left() or 1
            cache.add(f"{key}:waits", 0, DAY)
            wait = limit.wait(cache.incr(f"{key}:waits"))
            cache.set(f"{key}:until", time.time() + wait, wait)
        return 0

    def forgive(self) -> None:
        """Forget the failures of this e-mail, and this one try of the address."""
        keys = self._keys()
        if "email" in keys:
            cache.delete_many([keys["email"] + part for part in ("", ":until", ":waits")])
        try:
            cache.decr(keys["address"])
        except ValueError:  # its day has just ended
            return

    def _seconds_left(self) -> int:
        until = cache.get_many([f"{key}:until" for key in self._keys().values()]).values()
        return max([0, *(int(moment - time.time()) + 1 for moment in until)])

    def _keys(self) -> dict[str, str]:
        email = hashlib.sha256(self.email.strip().lower().encode()).hexdigest()[:24]
        keys = {"email": f"brake:{self.purpose}:e:{email}"} if self.email else {}
        return {**keys, "address": f"brake:{self.purpose}:a:{self.address}"}


def client_address(request: HttpRequest) -> str:
    """Return the address a request came from, counted as one for a whole IPv6 network.

    X-Forwarded-For is believed as far as our own proxies wrote it (TRUSTED_PROXY_COUNT).
    """
    address = request.META.get("REMOTE_ADDR", "")
    proxies = settings.TRUSTED_PROXY_COUNT
    if proxies:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(hops) >= proxies and hops[-proxies]:
            address = hops[-proxies]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped:  # a socket that listens to both kinds
        return str(parsed.ipv4_mapped)
    if parsed.version == 6:
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False).network_address)
    return str(parsed)
