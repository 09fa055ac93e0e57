"""What the feed says of an object: asked of the apps above, which register it in config."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An object as other programs may know it: no personal data, ids as strings.

    `channel` is the code of its sales channel: a key of one channel is told only of its own.
    """

    data: dict[str, Any] = field(default_factory=dict)
    channel: str = ""


# Ids of one kind of object -> what is said of each. One or two queries for all of them.
Describer = Callable[[Collection[int]], Mapping[int, Snapshot]]
_describers: dict[str, tuple[str, Describer]] = {}


def register_event_object(object_type: str, name: str, describe: Describer) -> None:
    """Say what events call objects of a model (`name`) and what they tell of them."""
    _describers[object_type] = (name, describe)


def object_name(object_type: str) -> str:
    """Return what events call an object of a model: "order"."""
    known = _describers.get(object_type)
    return known[0] if known else object_type


def describe_objects(object_type: str, ids: Collection[int]) -> Mapping[int, Snapshot]:
    """Return what is said of the objects; one that is gone is left out."""
    known = _describers.get(object_type)
    return known[1](ids) if known else {}
