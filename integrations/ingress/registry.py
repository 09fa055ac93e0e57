"""Which adapter understands the deliveries of which kind of connection."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from integrations.models import Connection, InboundDelivery


class BadDelivery(Exception):
    """A delivery that can't be understood however often it is tried; the text is for people."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a delivery: a stable word, and our object if there is one."""

    word: str
    object_id: int | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the gate must know of a delivery before it is parsed."""

    topic: str
    key: str  # the vendor's id of the delivery, or ""


class Ignored(Exception):
    """Not a delivery at all (a vendor's ping): answer 200 and store nothing."""


class Unsigned(Exception):
    """The signature is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """`open` verifies the signature over the raw bytes and names the delivery; `handle` does
    what it says, in the caller's transaction."""

    open: Callable[[Connection, Mapping[str, str], bytes], Envelope]
    handle: Callable[[Connection, InboundDelivery, datetime], Outcome]
    kept_headers: tuple[str, ...] = ()


_adapters: dict[str, Adapter] = {}


def register_adapter(kind: str, adapter: Adapter) -> None:
    _adapters[kind] = adapter


def adapter_of(kind: str) -> Adapter:
    return _adapters[kind]
