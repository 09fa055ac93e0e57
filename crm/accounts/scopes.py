"""Which rows of the company a member is shown: a value that lists turn into a condition."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reach(models.TextChoices):
    ALL = "all", _("All orders")
    TEAM = "team", _("Orders of their teams")
    OWN = "own", _("Own orders")


@dataclass(frozen=True, slots=True)
class RowScope:
    """Whose orders, and of which channels, warehouses and stages; an empty set limits nothing.

    A member's own orders are those they manage and those they are to pick.
    """

    reach: Reach = Reach.ALL
    # Orders that nobody manages yet; says something only where the reach is not all.
    unassigned: bool = False
    channels: frozenset[int] = frozenset()
    warehouses: frozenset[int] = frozenset()
    stages: frozenset[int] = frozenset()

    @property
    def is_all(self) -> bool:
        """Tell whether nothing is hidden."""
        return self.reach == Reach.ALL and not (self.channels or self.warehouses or self.stages)

    def to_json(self) -> dict[str, Any]:
        """How a role or a member keeps it."""
        return {
            "reach": str(self.reach),
            "unassigned": self.unassigned,
            "channels": sorted(self.channels),
            "warehouses": sorted(self.warehouses),
            "stages": sorted(self.stages),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "RowScope":
        return cls(
            Reach(kept["reach"]),
            bool(kept["unassigned"]),
            frozenset(kept["channels"]),
            frozenset(kept["warehouses"]),
            frozenset(kept["stages"]),
        )


EVERYTHING = RowScope()


def all_rows() -> dict[str, Any]:
    """The scope that hides nothing, as it is kept."""
    return EVERYTHING.to_json()
