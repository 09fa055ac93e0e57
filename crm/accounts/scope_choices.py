"""What a scope of rows can be limited to; upper apps register their channels and the like."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

ChoicesFunc = Callable[[], list[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of RowScope by its field's name."""

    name: str
    label: str | Promise
    choices: ChoicesFunc


_limits: dict[str, Limit] = {}


def register_scope_limit(name: str, label: str | Promise, choices: ChoicesFunc) -> None:
    """Offer a limit; `choices()` gives what can be chosen, those out of use too."""
    _limits[name] = Limit(name, label, choices)


def list_limits() -> list[Limit]:
    """Return the limits in the order in which they were registered."""
    return list(_limits.values())
