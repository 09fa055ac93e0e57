"""What a process makes once and keeps."""

from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Generic, TypeVar

Made = TypeVar("Made")


class once(Generic[Made]):
    """Keep what a function of no arguments returns, made by one thread while the others wait.

    `functools.cache` lets each of them make one and drops all but one of them. A client of Redis
    that is dropped so closes its connections when it is collected, under the hands of whoever is
    about to ask by them.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: list[Made] = []
        wraps(make)(self)

    def __call__(self) -> Made:
        if not self._made:
            with self._lock:
                if not self._made:
                    self._made.append(self._make())
        return self._made[0]

    def forget(self) -> None:
        """Make it anew the next time: after a fork, and for tests."""
        self._made.clear()
