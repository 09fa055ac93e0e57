"""Who with a narrow scope hears an event: told with it, for the hub asks no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm.accounts.scopes import OrderFacts, Sight


@dataclass(frozen=True, slots=True)
class Audience:
    """Those who are shown one of the orders, and `members` whatever their scope."""

    orders: tuple[OrderFacts, ...] = ()
    members: tuple[int, ...] = ()

    def has(self, member_id: int, sight: Sight) -> bool:
        return member_id in self.members or any(sight.shows(order) for order in self.orders)

    def to_json(self) -> dict[str, Any]:
        return {
            "orders": [
                [o.manager, o.channel, o.stage, sorted(o.warehouses), sorted(o.pickers)]
                for o in dict.fromkeys(self.orders)
            ],
            "members": list(self.members),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any] | None) -> "Audience":
        """Read what came with an event; with nothing it is nobody's."""
        if told is None:
            return cls()
        return cls(
            tuple(
                OrderFacts(manager, channel, stage, frozenset(warehouses), frozenset(pickers))
                for manager, channel, stage, warehouses, pickers in told["orders"]
            ),
            tuple(told["members"]),
        )
