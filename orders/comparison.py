"""Two people changed one thing: what each of them did, and what comes of it. Pure Python.

Values are compared as they are; a name that a side lacks counts as None (a line taken away).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

THEIRS = "theirs"
YOURS = "yours"


@dataclass(frozen=True, slots=True)
class Difference:
    """One name that somebody changed: as it was, as a colleague made it, as you want it."""

    name: str
    was: Any
    theirs: Any
    yours: Any

    @property
    def is_conflict(self) -> bool:
        """Both changed it, and not to the same."""
        return self.was != self.theirs and self.was != self.yours and self.theirs != self.yours

    @property
    def is_overtaken(self) -> bool:
        return self.was != self.theirs

    @property
    def suggested(self) -> str:
        """What to tick beforehand: the side that changed it, yours where both did."""
        return YOURS if self.was != self.yours else THEIRS


def compare(
    *, base: Mapping[str, Any], theirs: Mapping[str, Any], yours: Mapping[str, Any]
) -> list[Difference]:
    """Return what either side changed since `base`, in the order in which names are met."""
    names = dict.fromkeys([*base, *theirs, *yours])
    differences = [
        Difference(name, base.get(name), theirs.get(name), yours.get(name)) for name in names
    ]
    return [d for d in differences if d.was != d.theirs or d.was != d.yours]


def is_overtaken(differences: list[Difference]) -> bool:
    """Tell whether a colleague changed anything of it."""
    return any(difference.is_overtaken for difference in differences)


def merge(
    differences: list[Difference], *, theirs: Mapping[str, Any], choices: Mapping[str, str]
) -> dict[str, Any]:
    """Return `theirs` with the names for which you were chosen (else suggested) as you want them.

    Names that come out as None are left in, so that the caller sees what is taken away.
    """
    merged = dict(theirs)
    for difference in differences:
        chosen = choices.get(difference.name, difference.suggested)
        merged[difference.name] = difference.yours if chosen == YOURS else difference.theirs
    return merged
