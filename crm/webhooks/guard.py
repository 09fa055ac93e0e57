"""Where we may call: addresses that the whole internet can reach, and nothing of ours.

A name is looked up by us, every address of it is judged, and the connection is made to the very
address that was judged: a name that changes between the look and the call changes nothing.
"""

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = frozenset({443, 8443})
MAX_URL = 500

# Not for the public, or a way round: besides what `is_global` knows.
_CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # a cloud's own service, on a public address
        "::/96", "::ffff:0:0/96",  # IPv4 in other clothes
        "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32",  # translated and tunnelled IPv4
        "100::/64", "2001:db8::/32", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


class AddressRefused(Exception):
    """We don't call there. `code`: bad_url, https_only, port_not_allowed, no_such_host or
    address_not_allowed."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def check_url(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address that may be called; raise AddressRefused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressRefused("bad_url") from None
    odd = any(ord(sign) <= 32 or ord(sign) > 126 or sign == "\\" for sign in url)
    if odd or len(url) > MAX_URL or not host or parts.username or parts.password or parts.fragment:
        raise AddressRefused("bad_url")
    local = settings.WEBHOOKS_ALLOW_LOCAL
    if parts.scheme not in {"https", "http"}:
        raise AddressRefused("bad_url")
    if parts.scheme == "http" and not local:
        raise AddressRefused("https_only")
    port = port or (443 if parts.scheme == "https" else 80)
    if port not in PORTS and not local:
        raise AddressRefused("port_not_allowed")
    literal = _literal(host)
    if literal is not None:
        check_address(literal)
    return parts.scheme, host, port


def find_address(host: str, port: int) -> str:
    """Look a host up and return an address that may be called; raise AddressRefused.

    One closed address among many is enough to refuse: such a name is not meant for the public.
    """
    literal = _literal(host)
    found = [str(literal)] if literal is not None else look_up(host, port)
    if not found:
        raise AddressRefused("no_such_host")
    for text in found:
        check_address(ipaddress.ip_address(text.split("%", 1)[0]))
    return found[0]


def check_address(address: Address) -> None:
    """Raise AddressRefused unless the address belongs to the public internet."""
    if address.is_loopback and settings.WEBHOOKS_ALLOW_LOCAL:
        return
    closed = any(address in network for network in (*_CLOSED, *_own_networks()))
    if closed or not address.is_global or address.is_multicast or address.is_reserved:
        raise AddressRefused("address_not_allowed")


def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the resolver. IPv4 first: more receivers are reached by it."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused("no_such_host") from None
    found = dict.fromkeys(str(answer[4][0]) for answer in answers)
    return sorted(found, key=lambda text: ":" in text)


def _own_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(text) for text in settings.WEBHOOKS_DENIED_NETWORKS]


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
