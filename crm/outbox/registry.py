"""Who listens to which topic. Subscribers change our own database alone, in the drain's
transaction."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Event:
    """An event as a subscriber sees it. Read the object anew: the event may be late."""

    id: int
    tenant_id: int
    topic: str
    object_type: str
    object_id: int
    created_at: datetime
    payload: dict[str, Any] = field(default_factory=dict)


Text = str | Promise
Subscriber = Callable[[Event], None]
_subscribers: dict[str, dict[str, Subscriber]] = defaultdict(dict)
_words: dict[str, Text] = {}


def subscribe(*topics: str) -> Callable[[Subscriber], Subscriber]:
    """Register a function for the topics; "*" means all. It must be safe to repeat."""

    def register(func: Subscriber) -> Subscriber:
        name = f"{func.__module__}.{func.__qualname__}"
        for topic in topics:
            _subscribers[topic][name] = func
        return func

    return register


def subscribers_of(topic: str) -> dict[str, Subscriber]:
    """Return the subscribers of a topic by name."""
    return {**_subscribers.get("*", {}), **_subscribers.get(topic, {})}


def register_effects(words: Mapping[str, Text]) -> None:
    """Say in people's words what subscribers do, by their names."""
    _words.update(words)


def effect_of(name: str) -> str:
    """Return what a subscriber does, in words; where nobody said it, by its function's name."""
    return str(_words.get(name) or name.rsplit(".", 1)[-1].replace("_", " "))
