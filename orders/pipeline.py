"""The pipeline: stages, allowed moves and what each needs. Pure Python, no Django."""

from collections.abc import Iterable, Mapping
from enum import IntEnum


class Stage(IntEnum):
    """The fixed skeleton; a company names its statuses inside it. Kept as smallint: row-level
    security lets only leakproof operators use an index."""

    NEW = 10
    AGREED = 20
    PICKING = 30
    PACKED = 40
    SHIPPED = 50
    DELIVERED = 60
    CANCELLED = 70
    RETURNED = 80

    @property
    def word(self) -> str:
        """The stage as the API and the events spell it."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> "Stage":
        return cls[word.upper()]


MOVES: dict[Stage, frozenset[Stage]] = {
    Stage.NEW: frozenset({Stage.AGREED, Stage.CANCELLED}),
    Stage.AGREED: frozenset({Stage.PICKING, Stage.NEW, Stage.CANCELLED}),
    Stage.PICKING: frozenset({Stage.PACKED, Stage.AGREED, Stage.CANCELLED}),
    Stage.PACKED: frozenset({Stage.SHIPPED, Stage.CANCELLED}),
    Stage.SHIPPED: frozenset({Stage.DELIVERED, Stage.RETURNED}),
    Stage.DELIVERED: frozenset({Stage.RETURNED}),
    Stage.CANCELLED: frozenset(),
    Stage.RETURNED: frozenset(),
}

OPEN = (Stage.NEW, Stage.AGREED, Stage.PICKING, Stage.PACKED, Stage.SHIPPED)
# From picking on the warehouse has the order: managers ask before they change it.
LOCKED = frozenset({Stage.PICKING, Stage.PACKED})
# Before the goods leave the order's lines can still change and the order be cancelled.
BEFORE_SHIPPED = frozenset({Stage.NEW, Stage.AGREED, Stage.PICKING, Stage.PACKED})


class MoveRefused(Exception):
    """A move that the pipeline does not allow, with what is missing for it.

    `code` is "move_not_allowed" or "move_not_ready"; `missing` holds stable words such as
    "delivery", "ship_date", "payment", "stock", "lines", "parcel", "reason"; `names` are those of
    the company's own fields among them, by their codes.
    """

    def __init__(
        self,
        code: str,
        *,
        source: Stage,
        target: Stage,
        missing: Iterable[str] = (),
        names: Mapping[str, str] | None = None,
    ):
        self.code = code
        self.source = source
        self.target = target
        self.missing = tuple(missing)
        self.names = names or {}
        super().__init__(f"{source.word} -> {target.word}: {', '.join(self.missing) or code}")


def check_move(source: Stage, target: Stage, missing: Iterable[str] = ()) -> None:
    """Raise MoveRefused unless the move exists and nothing is missing for it."""
    if target not in MOVES[source]:
        raise MoveRefused("move_not_allowed", source=source, target=target)
    missing = tuple(missing)
    if missing:
        raise MoveRefused("move_not_ready", source=source, target=target, missing=missing)


def next_moves(source: Stage) -> list[Stage]:
    """Return the stages that can follow, in the pipeline's order."""
    return sorted(MOVES[source])
