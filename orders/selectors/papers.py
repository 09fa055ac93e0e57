"""Orders as papers: what a printed order or picking slip shows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from crm.fields.models import Kind
from crm.fields.selectors import Fact, facts_of, list_definitions
from inventory.models import Reservation, ReservationState
from orders.exports.rows import ExportRow, read_rows
from orders.models import OrderLine

_LIVE = (ReservationState.HELD, ReservationState.WAITING)


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A line with where its goods lie; `waits`: units that are not there yet."""

    line: OrderLine
    cells: str = ""
    waits: int = 0


@dataclass(slots=True)
class Paper:
    row: ExportRow
    lines: list[PaperLine] = field(default_factory=list)
    # What the company's own fields say of the order.
    facts: list[Fact] = field(default_factory=list)

    @property
    def units(self) -> int:
        return sum(item.line.quantity for item in self.lines)

    @property
    def by_cell(self) -> list[PaperLine]:
        """The lines in the order of a walk through the warehouse."""
        return sorted(self.lines, key=lambda item: (not item.cells, item.cells, item.line.position))


def read_papers(order_ids: Sequence[int]) -> list[Paper]:
    """Return papers of the orders, in the order of the ids. Eleven queries, however many."""
    rows = read_rows(order_ids)
    own = list_definitions(Kind.ORDER)
    held = Reservation.objects.filter(
        demand_id__in=[row.order.demand_id for row in rows], state__in=_LIVE
    ).values_list("demand_id", "line", "state", "quantity", "stock_item__cell")
    cells: dict[tuple[int, int], list[str]] = defaultdict(list)
    waits: dict[tuple[int, int], int] = defaultdict(int)
    for demand_id, line_id, state, quantity, cell in held:
        key = (demand_id, line_id)
        if state == ReservationState.WAITING:
            waits[key] += quantity
        elif cell and cell not in cells[key]:
            cells[key].append(cell)
    papers = []
    for row in rows:
        demand = row.order.demand_id
        lines = [
            PaperLine(line, ", ".join(cells[demand, line.pk]), waits[demand, line.pk])
            for line in row.lines
        ]
        facts = [fact for fact in facts_of(own, row.order.custom) if fact.words]
        papers.append(Paper(row, lines, facts))
    return papers
