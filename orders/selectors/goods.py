"""The lines of one order beside what their goods look like on the shelves now."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from inventory.models import Reservation, ReservationState, StockItem
from orders.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class Place:
    """What is free of a variant in one warehouse."""

    name: str
    available: int


@dataclass(slots=True)
class GoodsRow:
    """A line, what is held for it and where more is."""

    line: OrderLine
    picture: str = ""
    held: int = 0
    shipped: int = 0
    waiting: int = 0
    places: list[Place] = field(default_factory=list)

    @property
    def available(self) -> int:
        return sum(place.available for place in self.places)

    @property
    def margin(self) -> Decimal | None:
        """What the line earns; None where the cost is not known."""
        if self.line.unit_cost is None:
            return None
        return self.line.total - self.line.unit_cost * self.line.quantity


def list_goods(order: Order) -> list[GoodsRow]:
    """The lines of an order in their order. Three queries."""
    lines = list(order.lines.select_related("variant__product").order_by("position"))
    places = _free_places({line.variant_id for line in lines if line.variant_id})
    units: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in Reservation.objects.filter(demand_id=order.demand_id):
        units[row.state][row.line] += row.quantity
    return [
        GoodsRow(
            line=line,
            picture=line.variant.product.picture if line.variant else "",
            held=units[ReservationState.HELD][line.pk],
            shipped=units[ReservationState.CONSUMED][line.pk],
            waiting=units[ReservationState.WAITING][line.pk],
            places=places.get(line.variant_id or 0, []),
        )
        for line in lines
    ]


def _free_places(variant_ids: set[int]) -> dict[int, list[Place]]:
    places: dict[int, list[Place]] = defaultdict(list)
    rows = StockItem.objects.filter(variant_id__in=variant_ids, warehouse__is_active=True)
    for item in rows.select_related("warehouse").order_by("warehouse__priority", "id"):
        places[item.variant_id].append(Place(item.warehouse.name, item.available))
    return places
