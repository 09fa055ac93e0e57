"""Where the units of one stock item went: the books of one shelf, shown and checked."""

from dataclasses import dataclass, field

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.accounts.models import Membership
from inventory.models import (
    MovementKind,
    Reservation,
    ReservationState,
    StockItem,
    StockMovement,
)
from inventory.ports import visible_numbers

MINUS = "\u2212"
MOST_HOLDERS = 500  # among which a narrow scope's are looked for


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds units of an item."""

    kind: str
    number: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Proof:
    """An item's figures and what they are made of."""

    on_hand: int
    reserved: int
    opening: int
    # Sums of on-hand deltas by movement kind; absent where there was none.
    sums: dict[str, int]
    moved_on_hand: int
    moved_reserved: int
    held: int
    holders: list[Holder] = field(default_factory=list)
    holder_count: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved

    @property
    def more_holders(self) -> int:
        """How many hold units besides those listed."""
        return self.holder_count - len(self.holders)

    @property
    def problems(self) -> list[str]:
        """Codes of what does not agree; empty when the books are right."""
        checks = {
            "on_hand_differs": self.on_hand != self.moved_on_hand,
            "reserved_differs": self.reserved != self.moved_reserved,
            "held_differs": self.reserved != self.held,
            "out_of_bounds": not 0 <= self.reserved <= self.on_hand,
        }
        return [code for code, broken in checks.items() if broken]

    @property
    def balances(self) -> bool:
        return not self.problems

    @property
    def terms(self) -> list[tuple[int, str]]:
        """The signed addends of `available`, each with its words."""
        words = {
            MovementKind.RECEIPT: pgettext("stock proof", "in"),
            MovementKind.SHIPMENT: pgettext("stock proof", "sold"),
            MovementKind.RETURN: pgettext("stock proof", "returned"),
            MovementKind.WRITE_OFF: pgettext("stock proof", "written off"),
            MovementKind.CORRECTION: pgettext("stock proof", "corrected"),
        }
        terms = (
            [(self.opening, pgettext("stock proof", "at the beginning"))] if self.opening else []
        )
        terms += [(self.sums[kind], word) for kind, word in words.items() if self.sums.get(kind)]
        terms += [(-holder.quantity, held_by(holder)) for holder in self.holders]
        rest = self.more_holders
        if rest > 0:
            units = self.held - sum(holder.quantity for holder in self.holders)
            more = ngettext("held by %(n)d more", "held by %(n)d more", rest) % {"n": rest}
            terms.append((-units, more))
        return terms

    @property
    def sentence(self) -> str:
        """`7 available = 10 in − 2 sold − 1 held by №1043`."""
        left = _("%(n)d available") % {"n": self.available}
        parts: list[str] = []
        for amount, words in self.terms:
            sign = (MINUS if amount < 0 else "+") if parts or amount < 0 else ""
            parts.append(f"{sign} {abs(amount)} {words}".strip())
        return f"{left} = {' '.join(parts) or '0'}"


def held_by(holder: Holder) -> str:
    """`held by №1043`."""
    return _("held by №%(number)d") % {"number": holder.number}


def prove_item(item: StockItem, *, holders: int = 5, viewer: Membership | None = None) -> Proof:
    """Add up the item's ledger and its live reservations. Four queries.

    Whoever is not shown an order is told its units, not its number.
    """
    rows = (
        StockMovement.objects.filter(stock_item_id=item.pk)
        .values("kind")
        .annotate(on_hand=Sum("on_hand_delta"), reserved=Sum("reserved_delta"))
        .order_by()
    )
    by_kind = {row["kind"]: row for row in rows}
    live = Reservation.objects.filter(stock_item_id=item.pk, state=ReservationState.HELD)
    totals = live.aggregate(units=Sum("quantity"))
    return Proof(
        on_hand=item.on_hand,
        reserved=item.reserved,
        sums={kind: row["on_hand"] for kind, row in by_kind.items() if row["on_hand"]},
        opening=item.opening,
        moved_on_hand=item.opening + sum(row["on_hand"] for row in by_kind.values()),
        moved_reserved=sum(row["reserved"] for row in by_kind.values()),
        held=totals["units"] or 0,
        holders=list_holders(stock_item_id=item.pk, limit=holders, viewer=viewer),
        holder_count=live.values("demand_id").distinct().count(),
    )


def list_holders(
    *, stock_item_id: int, limit: int = 10, viewer: Membership | None = None
) -> list[Holder]:
    """Return who holds units of an item and may be named to the viewer, the biggest first.

    One query, two for a narrow scope.
    """
    hides = viewer is not None and not viewer.row_scope.is_all
    rows = (
        Reservation.objects.filter(stock_item_id=stock_item_id, state=ReservationState.HELD)
        .values("demand__kind", "demand__number")
        .annotate(units=Sum("quantity"))
        .order_by("-units", "demand__number")[: MOST_HOLDERS if hides else limit]
    )
    found = [Holder(row["demand__kind"], row["demand__number"], row["units"]) for row in rows]
    if hides:
        named = visible_numbers(viewer, (holder.number for holder in found))
        found = [holder for holder in found if holder.number in named]
    return found[:limit]
