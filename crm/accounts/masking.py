"""Phones of customers, hidden from members who may not see them whole.

The door of a request says once whether they are; whatever writes a phone for people asks. So a
page that is added later masks them without having to think of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_hidden: ContextVar[bool] = ContextVar("kram_phones_hidden", default=False)


def phones_are_hidden() -> bool:
    """Tell whether phones are to be masked for whoever reads."""
    return _hidden.get()


def hide_phones(hidden: bool) -> None:
    """Mask phones (or not) until the enclosing phones_for_one_reader() ends."""
    _hidden.set(hidden)


@contextmanager
def phones_for_one_reader(hidden: bool = False) -> Iterator[None]:
    """Keep what is said of one reader (a request, a job) from the next one on this thread."""
    token = _hidden.set(hidden)
    try:
        yield
    finally:
        _hidden.reset(token)
