"""A brake on guessing: after some failures each next try waits longer, by e-mail and by address.

A try is counted before the password is looked at, so that many at once pass no more than one
after another would.
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
    """`free` tries, then waits that double from `first` to `longest` seconds."""

    free: int
    first: int
    longest: int

    def wait(self, tries: int) -> int:
        """Return how long to wait after this many failed tries."""
        over = tries - self.free
        return 0 if over < 0 else min(self.first * 2 ** min(over, 20), self.longest)


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

    def seconds_left(self) -> int:
        """Return how long this sender must still wait; 0 when a try is open."""
        until = cache.get_many([f"{key}:until" for key in self._keys().values()]).values()
        return max([0, *(int(moment - time.time()) + 1 for moment in until)])

    def count_try(self) -> None:
        """Count a try, as failed until `forgive` says otherwise."""
        for name, key in self._keys().items():
            cache.add(key, 0, DAY)
            wait = LIMITS[name].wait(cache.incr(key))
            if wait:
                cache.set(f"{key}:until", time.time() + wait, wait)

    def forgive(self) -> None:
        """Forget the failures of this e-mail, and this one try of the address."""
        keys = self._keys()
        if "email" in keys:
            cache.delete_many([keys["email"], f"{keys['email']}:until"])
        try:
            cache.decr(keys["address"])
        except ValueError:  # its day has just ended
            return

    def _keys(self) -> dict[str, str]:
        email = hashlib.sha256(self.email.strip().lower().encode()).hexdigest()[:24]
        keys = {"address": f"brake:{self.purpose}:a:{self.address}"}
        if self.email:
            keys["email"] = f"brake:{self.purpose}:e:{email}"
        return keys


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
    if parsed.version == 6:
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False).network_address)
    return str(parsed)
