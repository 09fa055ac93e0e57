"""Reads of connections and their journals."""

from dataclasses import dataclass

from django.db.models import Count, Q

from integrations.models import Connection, DeliveryState, InboundDelivery

PAGE = 50


@dataclass(frozen=True, slots=True)
class Journal:
    """received = handled + waiting + failed."""

    handled: int
    waiting: int
    failed: int

    @property
    def received(self) -> int:
        return self.handled + self.waiting + self.failed


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A connection as a line of the table."""

    connection: Connection
    journal: Journal


def list_connections() -> list[ConnectionRow]:
    """Every connection with its channel and the counts of its journal. Two queries."""
    states = {
        f"n_{state.value}": Count("id", filter=Q(state=state.value)) for state in DeliveryState
    }
    counted = {
        row["connection_id"]: row
        for row in InboundDelivery.objects.values("connection_id").annotate(**states)
    }
    return [
        ConnectionRow(connection, _journal(counted.get(connection.id, {})))
        for connection in Connection.objects.select_related("channel").order_by("id")
    ]


def _journal(row: dict[str, int]) -> Journal:
    return Journal(row.get("n_handled", 0), row.get("n_waiting", 0), row.get("n_failed", 0))


def count_journal(connection_id: int) -> Journal:
    """The sums of one connection's journal. One query."""
    rows = dict(
        InboundDelivery.objects.filter(connection_id=connection_id)
        .values_list("state")
        .annotate(n=Count("id"))
    )
    return Journal(rows.get("handled", 0), rows.get("waiting", 0), rows.get("failed", 0))


def list_deliveries(
    connection_id: int, *, state: str = "", before: int | None = None
) -> tuple[list[InboundDelivery], int | None]:
    """A page of the journal, newest first, and the id that the next page begins before."""
    rows = InboundDelivery.objects.filter(connection_id=connection_id).defer("body")
    if state:
        rows = rows.filter(state=state)
    if before:
        rows = rows.filter(id__lt=before)
    page = list(rows.order_by("-id")[: PAGE + 1])
    return page[:PAGE], page[PAGE - 1].id if len(page) > PAGE else None
