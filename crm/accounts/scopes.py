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

    @property
    def reach_label(self) -> str:
        """In a word: whose orders, or that they are a part of all."""
        return str(self.reach.label if self.reach != Reach.ALL else _("A part of the orders"))

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


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What a scope asks of an order, where the order itself is not at hand."""

    manager: int | None = None
    channel: int = 0
    stage: int = 0
    warehouses: frozenset[int] = frozenset()
    pickers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Sight:
    """A member's scope with the people whose orders it shows: decides without the database.

    Says what orders.selectors.visible.visible_condition() says.
    """

    scope: RowScope
    people: frozenset[int]
    picks: bool

    def shows(self, order: OrderFacts) -> bool:
        scope = self.scope
        return (
            (scope.reach == Reach.ALL or self._is_theirs(order))
            and (not scope.channels or order.channel in scope.channels)
            and (not scope.stages or order.stage in scope.stages)
            and (not scope.warehouses or bool(scope.warehouses & order.warehouses))
        )

    def _is_theirs(self, order: OrderFacts) -> bool:
        if order.manager is None and self.scope.unassigned:
            return True
        return order.manager in self.people or (self.picks and bool(self.people & order.pickers))


def all_rows() -> dict[str, Any]:
    """The scope that hides nothing, as it is kept."""
    return EVERYTHING.to_json()
