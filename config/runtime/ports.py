"""TCP ports of this machine."""

import errno
import random
import socket
import time
from collections.abc import Callable

from config.runtime.problems import Problem

# Below those that the system gives to clients' ends of connections: one of these would take a port
# between its choice and the server's start, or while a killed server is away.
_FOR_SERVERS = range(20_000, 32_000)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise Problem(f"Can't listen on {host}:{port}: {error.strerror}.") from error
        return True


def pick_port(preferred: int | None = None) -> int:
    """Return the preferred port when it is free, else any free one on the loopback."""
    if preferred and is_free(preferred):
        return preferred
    for port in random.sample(_FOR_SERVERS, 100):
        if is_free(port):
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int, host: str = "127.0.0.1") -> bool:
    """Tell whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def wait_until(ready: Callable[[], bool], *, seconds: float, pause: float = 0.05) -> bool:
    """Poll until `ready()`; return False when the time is over."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
